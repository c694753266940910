"""The layouts of an identity graph: boxes and lines with their places, to draw as SVG."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

LINE, PADDING, GAP = 18.0, 9.0, 10.0  # heights, and the distance of boxes
INDENT = 20.0
SIDE, MIDDLE, SPACE = 228.0, 208.0, 36.0  # widths: of a side, of the Customer, and between them
NARROW = 288.0  # fits a screen of 320 pixels


class Line(Struct, frozen=True):
    """A line of text. `at` is a time whose day follows it."""

    text: str
    style: str = "soft"
    at: str = ""


class Box(Struct, frozen=True):
    """A node: its kind, its full name, its lines, a link as its last line, and its children."""

    kind: str
    title: str
    lines: list[Line]
    link: str | None = None
    label: str = ""
    children: "list[Box]" = []

    @property
    def height(self) -> float:
        """The height of the lines with the link."""
        return 2 * PADDING + LINE * (len(self.lines) + (self.link is not None))


class Tree(Struct, frozen=True):
    """A Customer, and the boxes on both sides of it."""

    middle: Box
    left: list[Box]
    right: list[Box]


class Placed(Struct, frozen=True):
    """A box at its place."""

    box: Box
    x: float
    y: float
    width: float

    @property
    def center(self) -> float:
        """The middle of its height."""
        return self.y + self.box.height / 2

    def baseline(self, number: int) -> float:
        """The place of the baseline of a line."""
        return self.y + PADDING + LINE * number + 13


class Edge(Struct, frozen=True):
    """A line between two boxes, as the path of an SVG. Its kind is that of the box it leads to."""

    kind: str
    path: str


class Drawing(Struct, frozen=True):
    """All that is drawn, and its size."""

    width: float
    height: float
    boxes: list[Placed]
    edges: list[Edge]


def wide(tree: Tree) -> Drawing:
    """The Customer in the middle, its identifiers to the left, other Customers to the right."""
    height = max(_height(tree.left), _height(tree.right), tree.middle.height)
    start = SIDE + SPACE if tree.left else 0.0
    end = start + MIDDLE
    middle = Placed(tree.middle, start, (height - tree.middle.height) / 2, MIDDLE)
    boxes, edges = [middle], []
    for placed in _stack(tree.left, 0, (height - _height(tree.left)) / 2, SIDE):
        boxes.append(placed)
        edges.append(_curve(placed, SIDE, placed.center, start, middle.center))
    for placed in _stack(tree.right, end + SPACE, (height - _height(tree.right)) / 2, SIDE):
        children = list(_children(placed))
        boxes += [placed, *children]
        edges.append(_curve(placed, end, middle.center, placed.x, placed.center))
        edges += [_elbow(child, placed.x + INDENT / 2, _bottom(placed)) for child in children]
    width = end + SPACE + SIDE if tree.right else end
    return Drawing(width, height, boxes, edges)


def narrow(tree: Tree) -> Drawing:
    """The Customer on top, all others below it along a line."""
    middle = Placed(tree.middle, 0, 0, NARROW)
    boxes, edges = [middle], []
    top = tree.middle.height
    below = [*tree.left, *tree.right]
    for placed in _stack(below, INDENT, top + GAP, NARROW - INDENT):
        children = list(_children(placed))
        boxes += [placed, *children]
        edges.append(_elbow(placed, INDENT / 2, top))
        edges += [_elbow(child, placed.x + INDENT / 2, _bottom(placed)) for child in children]
    return Drawing(NARROW, top + (GAP + _height(below) if below else 0), boxes, edges)


def _total(box: Box) -> float:
    """The height of a box with its children."""
    return box.height + sum(GAP + child.height for child in box.children)


def _height(boxes: Sequence[Box]) -> float:
    return sum(map(_total, boxes)) + GAP * max(0, len(boxes) - 1)


def _stack(boxes: Sequence[Box], x: float, y: float, width: float) -> Iterator[Placed]:
    for box in boxes:
        yield Placed(box, x, y, width)
        y += _total(box) + GAP


def _children(parent: Placed) -> Iterator[Placed]:
    return _stack(
        parent.box.children, parent.x + INDENT, _bottom(parent) + GAP, parent.width - INDENT
    )


def _bottom(placed: Placed) -> float:
    return placed.y + placed.box.height


def _curve(placed: Placed, x: float, y: float, to_x: float, to_y: float) -> Edge:
    half = (x + to_x) / 2
    return Edge(placed.box.kind, f"M{x:g} {y:g}C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}")


def _elbow(placed: Placed, x: float, y: float) -> Edge:
    return Edge(placed.box.kind, f"M{x:g} {y:g}V{placed.center:g}H{placed.x:g}")

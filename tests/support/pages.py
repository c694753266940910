"""Pages as a browser reads them: their elements, their links, their text."""

import re
from html.parser import HTMLParser


class Parsed(HTMLParser):
    """A page as a browser reads it: its elements with the names of their attributes, its text."""

    def __init__(self, page):
        super().__init__()
        self.markup, self.links, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.markup.append((tag, [name for name, _ in attrs]))
        self.links += [value for name, value in attrs if name in ("href", "action")]
        self.text += "" if tag == "wbr" else " "

    def handle_data(self, data):
        self.text += data


def text_of(response):
    """The text of a page, with single spaces."""
    return re.sub(r"\s+", " ", Parsed(response.text).text)


def hidden(response, name):
    """The value of a hidden field of a page."""
    value, *_ = re.findall(rf'name="{name}" value="([^"]*)"', response.text)
    return value

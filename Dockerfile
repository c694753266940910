ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
# Without pip: the environment is copied as it is, and the service installs nothing.
RUN python -m venv --without-pip /opt/waypath
# The dependencies first, so that a change in app/ does not install them again. With them the extra
# by which several instances share a rate limit: whoever runs the image cannot install it.
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; print(*project['dependencies'], *project['optional-dependencies']['redis'], sep='\n')" > requirements.txt \
 && pip --python /opt/waypath/bin/python install --no-cache-dir --only-binary :all: -c constraints.txt -r requirements.txt
COPY README.md jgo.lock.toml ./
COPY app app
COPY cypher cypher
RUN pip --python /opt/waypath/bin/python install --no-cache-dir --no-deps .

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin waypath
COPY --from=build /opt/waypath /opt/waypath
ENV PATH=/opt/waypath/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    WAYPATH_HOST=0.0.0.0 \
    WAYPATH_PORT=8000
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# http.client and not urllib: no proxy setting may stand between the service and its own check.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['WAYPATH_PORT']), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
CMD ["python", "-m", "app", "serve"]

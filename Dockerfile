ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
# Without pip: the next stage copies this environment, and the service installs no package.
RUN python -m venv --without-pip /opt/waypath
# Dependencies first: a change in app/ does not install them again.
COPY requirements/build.txt requirements/service.txt requirements/
RUN pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements/build.txt \
 && pip --python /opt/waypath/bin/python install --no-cache-dir --only-binary :all: \
      --require-hashes -r requirements/service.txt \
 # Names of places and carriers: a third of the image, which the service does not use.
 && rm -r /opt/waypath/lib/python3.*/site-packages/phonenumbers/geodata \
      /opt/waypath/lib/python3.*/site-packages/phonenumbers/carrierdata \
      /opt/waypath/lib/python3.*/site-packages/phonenumbers/tzdata
COPY pyproject.toml README.md jgo.lock.toml ./
COPY app app
COPY cypher cypher
RUN pip wheel --no-cache-dir --no-index --no-deps --no-build-isolation --wheel-dir /wheels . \
 && pip --python /opt/waypath/bin/python install --no-cache-dir --no-index --no-deps /wheels/*.whl

FROM ${PYTHON_IMAGE}
# The service does not use Python's installers, neither those of the public image nor of Debian.
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin waypath \
 && rm -rf /usr/local/bin/pip* /usr/local/lib/python3.*/site-packages/* \
      /usr/local/lib/python3.*/ensurepip /usr/bin/pip* /usr/lib/python3/dist-packages/* \
      /usr/lib/python3.*/ensurepip /usr/share/python-wheels
COPY --from=build /opt/waypath /opt/waypath
ENV PATH=/opt/waypath/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    WAYPATH_HOST=0.0.0.0 \
    WAYPATH_PORT=8000
# A numeric user, so that an orchestrator can verify that it is not root.
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# http.client, not urllib: a proxy setting must not affect this request.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['WAYPATH_PORT']), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
CMD ["waypath", "serve"]

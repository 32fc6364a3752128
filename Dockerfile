# One image for everything but Postgres: NATS, the services, the command line.
# The bases are arguments, so that an image of one's own or of a mirror can take their place.
ARG BASE=python:3.11-slim
ARG NODE=node:24-slim

FROM ${NODE} AS console
WORKDIR /build
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --omit=dev --ignore-scripts
COPY web .
RUN npm run build

FROM ${BASE} AS packages
WORKDIR /build
RUN python -m venv /opt/penstock
ENV PATH=/opt/penstock/bin:$PATH
COPY requirements.lock pyproject.toml ./
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock

FROM ${BASE}
RUN groupadd --gid 10001 penstock \
    && useradd --uid 10001 --gid penstock --no-create-home --shell /usr/sbin/nologin penstock \
    && install --directory --owner penstock --group penstock /var/lib/penstock/nats
COPY --from=packages /opt/penstock /opt/penstock
WORKDIR /opt/penstock/app
COPY shared shared
COPY services services
COPY cli cli
COPY simulator simulator
COPY client/penstock_client penstock_client
COPY examples/watch.html examples/watch-law.js examples/
COPY examples/watch examples/watch
COPY --from=console /build/dist web/dist
COPY deploy/nats.conf deploy/nats-users.conf deploy/nats-cluster.conf /etc/penstock/
ENV PATH=/opt/penstock/bin:$PATH \
    PYTHONPATH=/opt/penstock/app \
    PYTHONDONTWRITEBYTECODE=1
RUN python -m compileall -q shared services cli simulator penstock_client
USER penstock
CMD ["python", "-m", "cli", "--help"]

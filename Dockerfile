# syntax=docker/dockerfile:1

# Build the wheel (widgets included), then install it with the pinned versions.
FROM python:3.11-slim AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/plantly
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY alembic alembic
COPY widgets-src widgets-src
COPY backend backend
RUN PIP_CONSTRAINT=/src/constraints.txt PIP_BUILD_CONSTRAINT=/src/constraints.txt \
    /opt/plantly/bin/pip install ".[postgres,redis,gr4vy,stripe]"

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home plantly
COPY --from=build /opt/plantly /opt/plantly
ENV PATH=/opt/plantly/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PLANTLY_HOST=0.0.0.0 \
    PLANTLY_PORT=8000 \
    PLANTLY_DATA_DIR=/data
USER plantly
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['PLANTLY_PORT']}/healthz\", timeout=2)"]
STOPSIGNAL SIGTERM
# --prepare migrates, and fills an empty database with the demo shop.
CMD ["plantly", "serve", "--prepare"]

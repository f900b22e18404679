# The image runs the same set-up as `make setup` on a Debian machine; there is no second recipe.
FROM debian:13-slim

RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates make python3 python3-venv ffmpeg openssl npm \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/tiezheng
COPY . .
RUN make setup && rm -rf node_modules /root/.npm /root/.cache

RUN useradd --system --home /var/lib/tiezheng --create-home tiezheng
USER tiezheng
VOLUME /var/lib/tiezheng
EXPOSE 8080
# `chattr +i` needs CAP_LINUX_IMMUTABLE, which a container does not have by default: the status page says
# "tamper-evident only" then.
ENTRYPOINT ["/opt/tiezheng/.venv/bin/tiezheng"]
CMD ["serve", "--data", "/var/lib/tiezheng/data", "--host", "0.0.0.0", "--port", "8080"]

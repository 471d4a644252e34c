# The three programs, one image each:
#
#   docker build --target gateway   -t phonehook/gateway .
#   docker build --target worker    -t phonehook/worker .
#   docker build --target phonehook -t phonehook/phonehook .
#
# It needs nothing of BuildKit, so any builder of images can build it.

FROM golang:1.26-bookworm AS build
# By it, `docker image prune --filter label=phonehook.stage=build` finds what this
# stage leaves behind.
LABEL phonehook.stage=build
WORKDIR /src
# Modules have a layer of their own, which lasts until go.mod changes.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# One run compiles what the three programs share once. Without cgo they are static
# and run in an empty image.
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/ ./cmd/gateway ./cmd/worker ./cmd/phonehook

# What every image has besides its program: the authorities that a worker needs to
# trust a provider.
FROM scratch AS base
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
# A number, so that Kubernetes can see that it is not root; it owns no file here.
USER 65532:65532

FROM base AS gateway
COPY --from=build /out/gateway /gateway
EXPOSE 8080 8081
ENTRYPOINT ["/gateway"]

FROM base AS worker
COPY --from=build /out/worker /worker
ENTRYPOINT ["/worker"]

FROM base AS phonehook
COPY --from=build /out/phonehook /phonehook
ENTRYPOINT ["/phonehook"]

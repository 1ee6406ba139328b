STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT = github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
FUZZTIME ?= 30s

# Otherwise the race detector sleeps for a second at the end of each program.
export GORACE ?= atexit_sleep_ms=0

.PHONY: build web install generate test test-later lint fuzz bench cross screenshots release test-release

build:
	go build -o ctlinspect ./cmd/ctlinspect

# The page for the browser, in dist/web; and what a command with the tag "page" holds.
web:
	go run ./web/build -o dist/web -gzip internal/webpage/page.gz

PREFIX ?= /usr/local
bindir = $(DESTDIR)$(PREFIX)/bin
mandir = $(DESTDIR)$(PREFIX)/share/man/man1
bashdir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
zshdir = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
fishdir = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

# The command with the page, its manual pages and completions; DESTDIR for packages.
install: web
	go build -tags page -o ctlinspect ./cmd/ctlinspect
	install -d $(bindir) $(mandir) $(bashdir) $(zshdir) $(fishdir)
	install -m 755 ctlinspect $(bindir)/ctlinspect
	install -m 644 docs/man/*.1 $(mandir)
	./ctlinspect completion bash > $(bashdir)/ctlinspect
	./ctlinspect completion zsh > $(zshdir)/_ctlinspect
	./ctlinspect completion fish > $(fishdir)/ctlinspect.fish

# Files made from the sources: docs/api.txt, docs/man, docs/rules.md, docs/schema.
generate:
	go generate ./...

# CTLINSPECT_TEST_TOOLS makes a test fail instead of skip if a program that it
# needs is missing.
test:
	scripts/test-tools
	CTLINSPECT_TEST_TOOLS=1 go test -race ./...

# The tests as they will run in so many days; most certificates in testdata expire
# on 2029-01-01.
test-later:
	for days in 1 400 1500 9000; do scripts/test-later $$days ./... || exit 1; done

lint:
	@! git grep -nE "^(<{7}|>{7}) " || { echo "conflict markers are left"; exit 1; }
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these files"; exit 1; }
	go vet ./...
	CGO_ENABLED=0 go vet ./...
	GOOS=js GOARCH=wasm go vet ./web/wasm
	go run $(STATICCHECK) ./...
	go run ./internal/deadcode
	go run $(ACTIONLINT) .github/workflows/*.yml

# Run each fuzz target for FUZZTIME, and ask Accept about ten times the lists of CI.
fuzz:
	scripts/fuzz $(FUZZTIME)
	CTLINSPECT_TEST_LISTS=1000000 go test -run TestYesIsUnambiguous ./trust

bench:
	go test -run '^$$' -bench . -benchmem ./...

# The systems that releases support. Windows is where people's tokens are: its tests
# are vetted too, with and without cgo.
cross:
	scripts/test-tools cross
	CGO_ENABLED=0 go build ./...
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go vet ./...
	CC=x86_64-w64-mingw32-gcc CGO_ENABLED=1 GOOS=windows GOARCH=amd64 go vet ./...
	CGO_ENABLED=0 GOOS=windows GOARCH=arm64 go build ./...
	CGO_ENABLED=0 GOOS=darwin GOARCH=amd64 go build ./...
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 go build ./...
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build ./...
	CC=x86_64-w64-mingw32-gcc CGO_ENABLED=1 GOOS=windows GOARCH=amd64 go build -o /dev/null ./cmd/ctlinspect
	@if command -v aarch64-linux-gnu-gcc >/dev/null; then \
		echo CGO_ENABLED=1 GOOS=linux GOARCH=arm64 go build ./cmd/ctlinspect; \
		CC=aarch64-linux-gnu-gcc CGO_ENABLED=1 GOOS=linux GOARCH=arm64 go build -o /dev/null ./cmd/ctlinspect; \
	fi

# The pictures of the README, made by Chromium from testdata.
screenshots:
	scripts/test-tools
	go run ./internal/screenshots docs/images

# Archives, packages, checksums and a bill of materials, in dist.
release:
	scripts/test-tools cross
	go run ./internal/release -version $(VERSION) -out dist

# The release for this system, twice; the packages installed and removed.
test-release:
	scripts/test-tools cross
	scripts/test-release

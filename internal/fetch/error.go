package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
)

// A Reason says in one word why a file was not fetched. The values are stable.
type Reason string

// Reasons.
const (
	Unknown          Reason = ""
	BadLocation      Reason = "bad-location"      // not a URL that can be fetched
	BadOption        Reason = "bad-option"        // a file named in Options cannot be used
	NotFound         Reason = "not-found"         // the server has no such file
	Timeout          Reason = "timeout"           // no answer after all tries, or MaxTime is over
	TooLarge         Reason = "too-large"         // over MaxSize
	Refused          Reason = "refused"           // the server refuses, or nothing listens
	UnexpectedSource Reason = "unexpected-source" // only another address or port answered
	Protocol         Reason = "protocol"          // the answer breaks the protocol
	Untrusted        Reason = "untrusted"         // the certificate or the host key is not trusted
	Unreachable      Reason = "unreachable"       // no such host, no route, or the connection was lost
	Canceled         Reason = "canceled"          // the context was canceled
)

// ReasonOf returns the reason of an error of this package, Unknown for others.
func ReasonOf(err error) Reason {
	var f *failure
	if errors.As(err, &f) {
		return f.reason
	}
	return Unknown
}

// An Error is a file that was not fetched. [ReasonOf] says why in one word. The
// text may hold text from the server.
type Error struct {
	Location string
	Err      error
}

func (e *Error) Error() string { return e.Location + ": " + e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// A failure is a reason in words, with a next step if there is one.
type failure struct {
	reason  Reason
	message string
	cause   error
}

func fail(r Reason, cause error, format string, args ...any) error {
	return &failure{r, fmt.Sprintf(format, args...), cause}
}

func (f *failure) Error() string {
	if f.cause == nil {
		return f.message
	}
	return f.message + ": " + f.cause.Error()
}

func (f *failure) Unwrap() error { return f.cause }

// networkFailure gives an error of the network its reason.
func networkFailure(err error) error {
	var f *failure
	var n net.Error
	var dns *net.DNSError
	switch {
	case errors.As(err, &f):
		return err
	case errors.As(err, &dns) && !dns.IsTimeout:
		return fail(Unreachable, nil, "cannot find the host %q", dns.Name)
	case errors.Is(err, connectionRefused):
		return fail(Refused, err, "nothing listens on that port")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &n) && n.Timeout():
		return fail(Timeout, nil, "no answer in time")
	}
	return fail(Unreachable, err, "the connection failed")
}

func tooLarge() error {
	return fail(TooLarge, nil, "larger than %d MiB, aborted; phones take lists up to 64 KiB", MaxSize>>20)
}

// readLimited reads limit bytes at most and fails if there are more.
func readLimited(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(data)) > limit:
		return nil, tooLarge()
	}
	return data, nil
}

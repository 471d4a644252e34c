package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/phonehook/phonehook/cmd/internal/devd"
	"github.com/phonehook/phonehook/configs"
)

const sendLong = `Send calls a hook as an identity platform does, with the body of Auth0's extensibility
point send-phone-message, and prints the answer.

Without flags it sends the example of that point's documentation to the gateway of
"phonehook dev". The body of the answer goes to standard output, its status and the
time that it took to standard error.

The exit status is 0 only if a provider took the message: status 200 and, for an
answer in an envelope, "status":"success" in it.

The token can stand in the variable PHONEHOOK_TOKEN, where other users of the machine
can't see it.`

const sendExample = `  # The documented example, to "phonehook dev"
  phonehook send

  # A code of one's own as a call
  phonehook send --to +18085555555 --code 482910 --voice --language es

  # To a gateway elsewhere
  PHONEHOOK_TOKEN=ph_… phonehook send --url https://hooks.example.com/hooks/send-phone-message`

const (
	hookPath = "/hooks/send-phone-message"
	// defaultHookURL is the hook of "phonehook dev".
	defaultHookURL = "http://127.0.0.1:8080" + hookPath
	// tokenVariable is where send finds a token if no flag has one.
	tokenVariable = "PHONEHOOK_TOKEN"
	// maxAnswer bounds the answer that is read: hundreds of times a real one.
	maxAnswer = 1 << 20
)

// sendOptions are the flags of send.
type sendOptions struct {
	url, token, reply string
	timeout           time.Duration
	call              hookCall
	voice             bool
}

func newSendCommand() *cobra.Command {
	o := sendOptions{call: exampleCall()}
	cmd := &cobra.Command{
		Use:     "send",
		Short:   "Call a hook as an identity platform does",
		Long:    sendLong,
		Example: sendExample,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.complete(cmd)
			return o.send(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.url, "url", defaultHookURL, "the hook's `URL`")
	f.StringVar(&o.token, "token", devd.Token, "the bearer `token`; stronger than "+tokenVariable)
	f.StringVar(&o.call.Recipient, "to", o.call.Recipient, "the recipient's `number`")
	f.StringVar(&o.call.From, "from", "", "the `sender` to use, where the provider lets one choose")
	f.StringVar(&o.call.Text, "text", o.call.Text, "the message's `text`")
	f.StringVar(&o.call.Context.Code, "code", o.call.Context.Code, "the one-time `code`; without --text, the text has it too")
	f.BoolVar(&o.voice, "voice", false, "have the message spoken in a call instead of an SMS")
	f.StringVar(&o.call.Context.Language, "language", o.call.Context.Language, "the message's `language`")
	f.StringVar(&o.call.Context.Action, "action", o.call.Context.Action, "the `reason`: enrollment or second-factor-authentication")
	f.StringVar(&o.reply, "reply", "", "ask for another `form` of answer: status or envelope")
	f.DurationVar(&o.timeout, "timeout", 25*time.Second, "how long to wait; gateways answer within 20s")
	return cmd
}

// complete fills in what follows from which flags were given.
func (o *sendOptions) complete(cmd *cobra.Command) {
	if token := os.Getenv(tokenVariable); token != "" && !cmd.Flags().Changed("token") {
		o.token = token
	}
	if cmd.Flags().Changed("code") && !cmd.Flags().Changed("text") {
		o.call.Text = "Here is your one time password: " + o.call.Context.Code
	}
	if o.voice {
		o.call.Context.MessageType = "voice"
	}
}

func (o *sendOptions) send(ctx context.Context, stdout, stderr io.Writer) error {
	target, err := o.target()
	if err != nil {
		return err
	}
	begun := time.Now()
	status, body, err := post(ctx, target, configs.NewSecret(o.token), o.call, o.timeout)
	took := time.Since(begun).Round(10 * time.Microsecond)
	if err != nil {
		return explain(err, target, took)
	}
	_, _ = fmt.Fprintf(stderr, "%d %s in %s\n", status, http.StatusText(status), took)
	if _, err := fmt.Fprintf(stdout, "%s\n", bytes.TrimSpace(body)); err != nil {
		return err
	}
	if !succeeded(status, body) {
		return errors.New("send: the call did not succeed")
	}
	return nil
}

// target is the URL with what --reply adds to it.
func (o *sendOptions) target() (string, error) {
	u, err := url.Parse(o.url)
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("send: %q is not a URL such as %s", o.url, defaultHookURL)
	}
	if o.reply != "" {
		query := u.Query()
		query.Set("reply", o.reply)
		u.RawQuery = query.Encode()
	}
	return u.String(), nil
}

// post makes the call and reads the whole answer.
func post(ctx context.Context, target string, token configs.Secret, call hookCall, timeout time.Duration) (int, []byte, error) {
	payload, err := json.Marshal(call)
	if err != nil {
		return 0, nil, err
	}
	return ask(ctx, http.MethodPost, target, token, payload, timeout)
}

func explain(err error, target string, took time.Duration) error {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("send: nothing listens at %s; start it, for example with: phonehook dev", target)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("send: no answer from %s within %s", target, took)
	}
	return fmt.Errorf("send: %w", err)
}

// succeeded says whether an answer means that the message was taken. An envelope's
// HTTP status is always 200.
func succeeded(status int, body []byte) bool {
	if status != http.StatusOK {
		return false
	}
	var envelope struct {
		Status *string `json:"status"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return false
	}
	return envelope.Status == nil || *envelope.Status == "success"
}

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/phonehook/phonehook/cmd/internal/devd"
	"github.com/phonehook/phonehook/configs"
)

const messagesLong = `Messages asks a gateway what became of messages, and cancels them while they wait in
the durable queue. It sees the messages of the tenant whose token it is given.

A gateway remembers neither texts nor codes, and of a number only its ends; it finds
the messages to a whole number by a keyed hash.

The token can stand in the variable PHONEHOOK_TOKEN, where other users of the machine
can't see it.`

const messagesGetLong = `Get prints what became of one message: its status, and every attempt to deliver it with
its provider, outcome and duration. The id is the MessageID of the hook's answer, and
stands in the log lines of gateway and worker.`

const messagesListLong = `List prints the messages to one number, the newest first. The number can be written as
it is for sending.`

const messagesCancelLong = `Cancel takes a message out of the durable queue, so that it is not delivered. It fails
once a worker has begun on the message.`

const messagesGetExample = `  phonehook messages get 019ab0c5-5e1a-7c3b-9a51-2f1f0c5ad7f3`

const messagesListExample = `  phonehook messages list --to +18085555555

  # As JSON, of a gateway elsewhere
  PHONEHOOK_TOKEN=ph_… phonehook messages list --to +18085555555 --url https://hooks.example.com --json`

const messagesCancelExample = `  phonehook messages cancel 019ab0c5-5e1a-7c3b-9a51-2f1f0c5ad7f3`

const (
	// defaultGatewayURL is the gateway of "phonehook dev".
	defaultGatewayURL = "http://127.0.0.1:8080"
	// apiPath is where the native API has its messages.
	apiPath = "/v1/messages"
)

// messagesOptions are the flags of messages.
type messagesOptions struct {
	url, token, to string
	limit          int
	json           bool
	timeout        time.Duration
}

func newMessagesCommand() *cobra.Command {
	var o messagesOptions
	cmd := &cobra.Command{
		Use:   "messages",
		Short: "Ask what became of messages",
		Long:  messagesLong,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	f := cmd.PersistentFlags()
	f.StringVar(&o.url, "url", defaultGatewayURL, "the gateway's `URL`")
	f.StringVar(&o.token, "token", devd.Token, "the bearer `token`; stronger than "+tokenVariable)
	f.BoolVar(&o.json, "json", false, "print the gateway's answer as it is")
	f.DurationVar(&o.timeout, "timeout", 25*time.Second, "how long to wait; gateways answer within 20s")

	get := o.command("get ID", "Print what became of a message", messagesGetLong, messagesGetExample)
	get.Args = oneID
	get.RunE = func(cmd *cobra.Command, args []string) error {
		return o.run(cmd, http.MethodGet, apiPath+"/"+url.PathEscape(args[0]), printMessage)
	}
	cancel := o.command("cancel ID", "Cancel a message that waits in the queue", messagesCancelLong, messagesCancelExample)
	cancel.Args = oneID
	cancel.RunE = func(cmd *cobra.Command, args []string) error {
		return o.run(cmd, http.MethodPost, apiPath+"/"+url.PathEscape(args[0])+"/cancel", printMessage)
	}
	list := o.command("list", "Print the messages to a number", messagesListLong, messagesListExample)
	list.Args = cobra.NoArgs
	list.Flags().StringVar(&o.to, "to", "", "the `number`")
	list.Flags().IntVar(&o.limit, "limit", 20, "the most messages, at most 100")
	list.RunE = func(cmd *cobra.Command, _ []string) error {
		if o.to == "" {
			return errors.New("messages list: to which number? For example: phonehook messages list --to +18085555555")
		}
		query := url.Values{"to": {o.to}, "limit": {strconv.Itoa(o.limit)}}
		return o.run(cmd, http.MethodGet, apiPath+"?"+query.Encode(), printMessages)
	}
	cmd.AddCommand(get, list, cancel)
	return cmd
}

func (o *messagesOptions) command(use, short, long, example string) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Long: long, Example: example}
}

func oneID(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		name := strings.TrimPrefix(cmd.CommandPath(), "phonehook ")
		return fmt.Errorf("%s: which message? For example: phonehook %s 019ab0c5-5e1a-7c3b-9a51-2f1f0c5ad7f3", name, name)
	}
	return nil
}

// run makes a request and prints its answer, or returns why there is none.
func (o *messagesOptions) run(cmd *cobra.Command, method, path string, printAnswer func(io.Writer, []byte) error) error {
	if token := os.Getenv(tokenVariable); token != "" && !cmd.Flags().Changed("token") {
		o.token = token
	}
	base, err := url.Parse(o.url)
	if err != nil || base.Host == "" {
		return fmt.Errorf("messages: %q is not a URL such as %s", o.url, defaultGatewayURL)
	}
	target := strings.TrimSuffix(base.String(), "/") + path
	status, body, err := ask(cmd.Context(), method, target, configs.NewSecret(o.token), nil, o.timeout)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("messages: nothing listens at %s; start it, for example with: phonehook dev", o.url)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("messages: no answer from %s within %s", o.url, o.timeout)
	case err != nil:
		return fmt.Errorf("messages: %w", err)
	}
	if o.json {
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s\n", body); err != nil {
			return err
		}
	}
	if status != http.StatusOK {
		return refusal(status, body)
	}
	if o.json {
		return nil
	}
	return printAnswer(cmd.OutOrStdout(), body)
}

// refusal returns what a problem document says. Where the answer is none, a proxy
// may have made it.
func refusal(status int, body []byte) error {
	var problem struct{ Code, Title, Detail string }
	if err := json.Unmarshal(body, &problem); err != nil || problem.Code == "" {
		return fmt.Errorf("messages: the answer is %d %s, and not a gateway's", status, http.StatusText(status))
	}
	return fmt.Errorf("messages: %d %s: %s", status, problem.Code, cmp.Or(problem.Detail, problem.Title))
}

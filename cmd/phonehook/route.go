package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"

	"github.com/phonehook/phonehook/cmd/internal/devd"
	"github.com/phonehook/phonehook/cmd/internal/workerd"
	"github.com/phonehook/phonehook/gateway/phone"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker"
)

const routeLong = `Route says how a message to a number would be delivered: which route of the tenant
takes it and why the others do not, the providers in the order in which they
would be tried, and whom the message would come from.

It reads the configuration of a worker or of "phonehook dev", by default the one that
is built into the latter, and connects to nothing. Which providers are at their limits
or fail at the moment is known to a running worker alone, which tells it under
/providers on its private listener.

A number without a plus sign is read as the tenant's default_region says, which only a
file of kind dev has.

The exit status is 0 if a route takes the message and 1 if it is blocked.`

const routeExample = `  phonehook route +447400123456 --tenant acme --config worker.yaml

  # A call in Spanish
  phonehook route +447400123456 --tenant acme --config worker.yaml --channel voice --language es`

// routeOptions are the flags of route.
type routeOptions struct {
	config, tenant, channel, language, action, client, from string
}

func newRouteCommand() *cobra.Command {
	var o routeOptions
	cmd := &cobra.Command{
		Use:     "route NUMBER",
		Short:   "Explain which providers would deliver to a number",
		Long:    routeLong,
		Example: routeExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("route: which number? For example: phonehook route +447400123456")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.OutOrStdout(), args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.config, "config", "", "the worker's `file`, or one of kind dev (default what phonehook dev has built in)")
	f.StringVar(&o.tenant, "tenant", "", "the `name` of the tenant; not needed where the file has one alone")
	f.StringVar(&o.channel, "channel", string(messaging.SMS), "the `channel`: sms or voice")
	f.StringVar(&o.language, "language", "", "the message's `language`, such as pt-BR")
	f.StringVar(&o.action, "action", "", "the `reason`, such as enrollment or second-factor-authentication")
	f.StringVar(&o.client, "client", "", "the `id` of the application that somebody signs in to")
	f.StringVar(&o.from, "from", "", "the `sender` that the caller asks for")
	return cmd
}

func (o *routeOptions) run(w io.Writer, number string) error {
	cfg, region, err := o.load()
	if err != nil {
		return err
	}
	m, err := o.message(number, region)
	if err != nil {
		return err
	}
	e := worker.Explain(cfg, m)
	if e.Entry == "" {
		return fmt.Errorf("route: the configuration has no tenant %q; it has %s", o.tenant, tenantNames(cfg))
	}
	if _, err := io.WriteString(w, explanation(m, e)); err != nil {
		return err
	}
	if e.Taken < 0 {
		return fmt.Errorf("route: no route of tenant %s serves this message; it would be blocked", m.Tenant)
	}
	return nil
}

// load reads the configuration, fills in the tenant where there is one alone, and
// returns the tenant's default region, if the file has it.
func (o *routeOptions) load() (cfg worker.Config, region string, err error) {
	kind := devd.Kind
	if o.config != "" {
		if kind, err = kindOf(o.config); err != nil {
			return cfg, "", err
		}
	}
	var dev devd.Config
	switch kind {
	case workerd.Kind:
		file, err := workerd.Load(o.config, os.LookupEnv)
		if err != nil {
			return cfg, "", err
		}
		cfg = file.Delivery.Config
	case devd.Kind:
		if dev, err = devd.Load(o.config); err != nil {
			return cfg, "", err
		}
		cfg = dev.Worker.Config
	default:
		return cfg, "", fmt.Errorf("route: %s: kind: is %q; routes are in files of kind worker and dev", o.config, kind)
	}
	if o.tenant == "" {
		if len(cfg.Tenants) != 1 || cfg.Tenants[0].Name == worker.EveryTenant {
			return cfg, "", fmt.Errorf("route: which tenant? Name it with --tenant; the configuration has %s", tenantNames(cfg))
		}
		o.tenant = cfg.Tenants[0].Name
	}
	for _, t := range dev.Gateway.Tenants {
		if t.Name == o.tenant {
			region = t.DefaultRegion
		}
	}
	return cfg, region, nil
}

// message is one with all that routes look at.
func (o *routeOptions) message(number, region string) (messaging.Message, error) {
	parsed, err := phone.Parse(number, region)
	if err != nil {
		return messaging.Message{}, fmt.Errorf("route: the number %s", messaging.AsError(err).Detail)
	}
	m := messaging.Message{
		Tenant: o.tenant, Channel: messaging.Channel(o.channel), To: parsed.E164, Country: parsed.Country,
		Action: messaging.Action(o.action), From: o.from,
	}
	if m.Channel != messaging.SMS && m.Channel != messaging.Voice {
		return m, fmt.Errorf("route: --channel: %q is neither sms nor voice", o.channel)
	}
	if !messaging.ValidTenant(o.tenant) {
		return m, fmt.Errorf("route: --tenant: %q is not a tenant's name", o.tenant)
	}
	if o.language != "" {
		tag, err := language.Parse(o.language)
		if err != nil {
			return m, fmt.Errorf("route: --language: %q is not a language tag, such as en or pt-BR", o.language)
		}
		m.Language = tag.String()
	}
	if o.client != "" {
		m.Client = &messaging.Client{ID: o.client}
	}
	return m, nil
}

func tenantNames(cfg worker.Config) string {
	names := make([]string, 0, len(cfg.Tenants))
	for _, t := range cfg.Tenants {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

// explanation is what route prints.
func explanation(m messaging.Message, e worker.Explanation) string {
	var text strings.Builder
	country := m.Country
	if country == "" {
		country = "no country"
	}
	entry := ""
	if e.Entry != m.Tenant {
		entry = fmt.Sprintf(" (by the entry %q)", e.Entry)
	}
	fmt.Fprintf(&text, "%s to %s (%s) for tenant %s%s: ", m.Channel, m.To, country, m.Tenant, entry)
	if e.Taken >= 0 {
		fmt.Fprintf(&text, "route %s\n\n", e.Routes[e.Taken].Name)
		explainTaken(&text, e)
	} else {
		text.WriteString("blocked\n")
	}
	if e.Taken < 0 || len(e.Routes) > 1 {
		text.WriteString("\nskipped\n")
	}
	for _, r := range e.Routes {
		if r.Skipped != "" {
			fmt.Fprintf(&text, "  %s %s\n", r.Name, r.Skipped)
		}
	}
	return text.String()
}

func explainTaken(text *strings.Builder, e worker.Explanation) {
	for i, s := range e.Steps {
		fmt.Fprintf(text, "  %d. %s", i+1, providers(s))
		if s.AttemptTimeout > 0 {
			fmt.Fprintf(text, ", for at most %v", s.AttemptTimeout)
		}
		if s.HedgeAfter > 0 {
			fmt.Fprintf(text, ", with the next beside it after %v", s.HedgeAfter)
		}
		text.WriteString("\n")
	}
	after := "the next tries"
	if e.Stop {
		after = "none tries"
	}
	fmt.Fprintf(text, "\n  sender: %s\n  after an attempt that may have delivered it: %s\n", e.Sender, after)
}

// providers are those of a step, with the chance of each to begin.
func providers(s worker.StepExplanation) string {
	if len(s.Providers) == 1 {
		return s.Providers[0].Provider
	}
	sum := 0
	for _, p := range s.Providers {
		sum += p.Weight
	}
	parts := make([]string, 0, len(s.Providers))
	for _, p := range s.Providers {
		parts = append(parts, fmt.Sprintf("%s (first in %.4g %%)", p.Provider, 100*float64(p.Weight)/float64(sum)))
	}
	return strings.Join(parts, ", ") + ", the others after it"
}

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.yaml.in/yaml/v3"

	"github.com/phonehook/phonehook/cmd/internal/devd"
	"github.com/phonehook/phonehook/cmd/internal/gatewayd"
	"github.com/phonehook/phonehook/cmd/internal/workerd"
	"github.com/phonehook/phonehook/messaging"
	"github.com/phonehook/phonehook/worker"
)

const checkLong = `Check reads configuration files as the programs do and says what is wrong with them.
The key kind at the top of a file says whose it is: gateway, worker or dev.

Everything is checked that can be without connecting to anything: unknown keys,
values, references between parts of the file, and the files with secrets that it
names. Each complaint is one line on standard error, with the file, the place in it
and what to do. Of a good file with routes it also prints which countries they serve;
"phonehook route" explains them for a number.

The variables of the environment that the programs read are not looked at.

The exit status is 0 if all files are good and 1 if not.`

// newCheckCommand returns the command check.
func newCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "check FILE...",
		Short:   "Check configuration files",
		Long:    checkLong,
		Example: "  phonehook check configs/gateway.yaml configs/worker.yaml",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("check: which file? For example: phonehook check configs/gateway.yaml")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			bad := 0
			for _, path := range args {
				served, err := checkFile(path)
				if err != nil {
					bad++
					_, _ = fmt.Fprintln(cmd.ErrOrStderr(), err)
					continue
				}
				_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%s: ok\n%s", path, served)
			}
			if bad > 0 {
				return fmt.Errorf("check: %d of %d files have errors", bad, len(args))
			}
			return nil
		},
	}
}

// checkFile returns what a good file's routes serve, or complaints that all begin with
// the path.
func checkFile(path string) (served string, err error) {
	kind, err := kindOf(path)
	if err != nil {
		return "", err
	}
	switch kind {
	case gatewayd.Kind:
		return "", checkGateway(path)
	case workerd.Kind:
		return checkWorker(path)
	case devd.Kind:
		return checkDev(path)
	case "":
		return "", fmt.Errorf("%s: kind: is missing; it says whose file this is: gateway, worker or dev", path)
	}
	return "", fmt.Errorf("%s: kind: %q is none of gateway, worker and dev", path, kind)
}

// served says, in a line for each tenant, which countries its routes are for.
func served(cfg worker.Config) string {
	var text strings.Builder
	for i := range cfg.Tenants {
		t := &cfg.Tenants[i]
		routes := "routes"
		if len(t.Routes) == 1 {
			routes = "route"
		}
		fmt.Fprintf(&text, "  tenant %s: %d %s", t.Name, len(t.Routes), routes)
		for _, channel := range []messaging.Channel{messaging.SMS, messaging.Voice} {
			countries := t.Countries(channel)
			if countries == "" {
				countries = "no country"
			}
			fmt.Fprintf(&text, ", %s to %s", channel, countries)
		}
		text.WriteString("\n")
	}
	return text.String()
}

// kindOf reads only the kind of a file; who reads the rest also complains of it.
func kindOf(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	var file struct {
		Kind string `yaml:"kind"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return file.Kind, nil
}

// nothing stands for an environment without variables.
func nothing(string) (string, bool) { return "", false }

func checkGateway(path string) error {
	cfg, err := gatewayd.Load(path, nothing)
	if err != nil {
		return err
	}
	_, err = gatewayd.New(cfg, gatewayd.Options{Logger: zap.NewNop()})
	return inFile(path, "", err)
}

func checkWorker(path string) (string, error) {
	cfg, err := workerd.Load(path, nothing)
	if err != nil {
		return "", err
	}
	_, err = workerd.New(cfg, zap.NewNop())
	return served(cfg.Delivery.Config), inFile(path, "", err)
}

func checkDev(path string) (string, error) {
	cfg, err := devd.Load(path)
	if err != nil {
		return "", err
	}
	_, gatewayErr := gatewayd.New(gatewayd.Config{Config: cfg.Gateway}, gatewayd.Options{Logger: zap.NewNop()})
	_, workerErr := workerd.New(workerd.Config{Delivery: cfg.Worker}, zap.NewNop())
	return served(cfg.Worker.Config), errors.Join(inFile(path, "gateway.", gatewayErr), inFile(path, "worker.", workerErr))
}

// inFile puts the file and the part of it before each line of err.
func inFile(path, part string, err error) error {
	if err == nil {
		return nil
	}
	prefix := path + ": " + part
	return errors.New(prefix + strings.ReplaceAll(err.Error(), "\n", "\n"+prefix))
}

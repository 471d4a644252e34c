package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/phonehook/phonehook/worker/provider/simulator"
)

func TestMain(m *testing.M) {
	if code, was := natsChild(); was {
		os.Exit(code) //nolint:forbidigo // this is a main
	}
	goleak.VerifyTestMain(m)
}

// TestTheSuiteTellsGoodFromBad runs real processes for some seconds: a row that must
// hold, and one that can't, because both providers refuse everything.
func TestTheSuiteTellsGoodFromBad(t *testing.T) {
	dir := t.TempDir()
	programs, err := build(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var progress bytes.Buffer
	s := &suite{short: true, rate: 50, programs: programs, dir: dir, progress: &progress}
	var processes []*process
	rows, err := s.runAll(t.Context(), []scenario{
		{
			name: "good", fault: "a worker killed", shape: usual(), short: time.Second,
			act: func(_ context.Context, st *stage) error {
				processes = append(st.processes(), st.bus.nodes[0].process)
				st.hold(time.Now(), st.workers[0])
				return st.workers[0].process.kill()
			},
			rules: []rule{allSucceed, allDelivered},
			judge: duplicatesAreExcused,
		},
		{
			name: "bad", fault: "no provider", shape: usual(), short: time.Second,
			act: func(_ context.Context, st *stage) error {
				fault := simulator.Fault{Kind: simulator.Status, Status: 500}
				// A worker that ends unasked is told of, whatever became of the calls.
				ended := st.workers[0].process.signal(syscall.SIGKILL)
				return errors.Join(st.looks[0].misbehave(fault), st.looks[1].misbehave(fault), ended)
			},
			rules: []rule{allSucceed},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	good, bad := rows[0], rows[1]
	if f := good.Figures; !good.Holds || f.Calls != 50 || f.OK != 50 || f.Delivered != 50 {
		t.Errorf("the good row: %v %+v", good.Why, f)
	}
	if f := bad.Figures; bad.Holds || f.OK == f.Calls || f.Lost != 0 || len(bad.Why) != 2 || len(bad.Examples) == 0 {
		t.Errorf("the bad row: %v %+v %v", bad.Why, f, bad.Examples)
	}
	if want := "worker-1 ended by itself: signal: killed"; bad.Why[0] != want {
		t.Errorf("the bad row says %q, want %q", bad.Why[0], want)
	}
	for _, p := range processes {
		if !p.ended() {
			t.Errorf("%s still runs", p.name)
		}
	}
	var table bytes.Buffer
	if err := writeTable(&table, rows); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a worker killed", "holds", "FAILS", "1 of 2 rows do not hold"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, table.String())
		}
	}
}

// TestTheThreadsEndTakesTheProcesses is what is left when this program is killed.
func TestTheThreadsEndTakesTheProcesses(t *testing.T) {
	if attributes() == nil {
		t.Skip("only Linux ties processes to the thread that started them")
	}
	threads := newSpawner()
	c, err := self("nats", t.TempDir(), natsVariable+`={"port":-1,"monitor":-1,"store_dir":"`+t.TempDir()+`"}`)
	if err != nil {
		t.Fatal(err)
	}
	p, err := threads.start(c)
	if err != nil {
		t.Fatal(err)
	}
	threads.close()
	select {
	case <-p.done:
	case <-time.After(endsWithin):
		t.Error("the process lives on")
		_ = p.kill()
	}
	if err := p.crashed(); err == nil {
		t.Error("nobody told it to end, and that is not told")
	}
}

func TestRowsAreChosenByName(t *testing.T) {
	all, err := selected(nil)
	if err != nil || len(all) < 15 {
		t.Fatalf("%d rows, %v", len(all), err)
	}
	seen := make(map[string]bool)
	for _, sc := range all {
		if sc.name == "" || sc.fault == "" || seen[sc.name] || sc.short <= 0 || sc.whole < sc.short {
			t.Errorf("a row without name, fault or time, or with another's name: %q", sc.name)
		}
		seen[sc.name] = true
	}
	workers, err := selected([]string{"worker"})
	if err != nil || len(workers) != 4 {
		t.Errorf("%d rows of workers, %v", len(workers), err)
	}
	if _, err := selected([]string{"worker", "wroker"}); err == nil || !strings.Contains(err.Error(), `"wroker"`) {
		t.Errorf("a row that there is not: %v", err)
	}
}

func TestTheRateIsChosen(t *testing.T) {
	for _, c := range []struct {
		o    options
		want int
	}{{options{short: true}, 300}, {options{short: true, rate: 40}, 40}, {options{rate: 700}, 700}} {
		if got, err := c.o.chosenRate(); err != nil || got != c.want {
			t.Errorf("%+v: %d, %v; want %d", c.o, got, err, c.want)
		}
	}
	if got, err := (options{}).chosenRate(); err != nil || got < leastRate || got > mostRate {
		t.Errorf("of the machine's choice: %d, %v", got, err)
	}
	if _, err := (options{rate: -1}).chosenRate(); err == nil {
		t.Error("a negative rate is taken")
	}
}

func TestTheReportIsWritten(t *testing.T) {
	rows := []row{{Name: "a", Fault: "none", Holds: true}, {Name: "b", Fault: "some", Why: []string{"1 calls lost"}}}
	file := filepath.Join(t.TempDir(), "rows.json")
	var out bytes.Buffer
	if err := report(&out, file, rows); err != nil || !strings.Contains(out.String(), "1 of 2 rows do not hold") {
		t.Errorf("%v\n%s", err, out.String())
	}
	var decoded struct{ Rows []row }
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &decoded); err != nil || len(decoded.Rows) != 2 || decoded.Rows[1].Holds || decoded.Rows[1].Why[0] != "1 calls lost" {
		t.Errorf("%v %s", err, data)
	}
	if err := report(&out, filepath.Join(file, "no-folder"), rows); err == nil {
		t.Error("a file that can't be written is no error")
	}
}

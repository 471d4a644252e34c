package natsrpc

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func filled(names ...string) *lanes[string] {
	var l lanes[string]
	for i, name := range names {
		l.push(name, name+strconv.Itoa(i), nil)
	}
	return &l
}

func TestTurnsGoToTheTenantWithTheLeastInUse(t *testing.T) {
	l := filled("big", "big", "big", "small", "big", "small")
	l.take("big")
	var got []string
	for l.waiting > 0 {
		v := l.pop()
		l.take(strings.TrimRight(v, "0123456789"))
		got = append(got, v)
	}
	want := []string{"small3", "big0", "small5", "big1", "big2", "big4"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the order, wanted (-), got (+):\n%s", diff)
	}
	l.push("big", "last", nil)
	for range 2 {
		l.done("small")
	}
	if v := l.pop(); v != "last" {
		t.Errorf("a tenant alone did not get its turn, but %q", v)
	}
}

func TestWhoWasRefusedKeepsItsPlace(t *testing.T) {
	var l lanes[int]
	for _, v := range []int{4, 5, 2, 6, 1} {
		l.push("t", v, func(other int) bool { return v < other })
	}
	if diff := cmp.Diff([]int{1, 2, 4, 5, 6}, l.clear()); diff != "" {
		t.Errorf("the order, wanted (-), got (+):\n%s", diff)
	}
}

func TestWhoIsAhead(t *testing.T) {
	l := filled("a", "a", "a", "a", "b")
	for tenant, want := range map[string]int{"a": 5, "b": 3, "c": 2} {
		if got := l.ahead(tenant); got != want {
			t.Errorf("%d are ahead of a new one of %s, want %d", got, tenant, want)
		}
	}
}

func TestTheLargestTenantYields(t *testing.T) {
	l := filled("big", "big", "big", "other")
	l.take("small")
	if v, ok := l.yield("small"); !ok || v != "big2" {
		t.Errorf("%q yielded, %t", v, ok)
	}
	if v, ok := l.yield("small"); ok {
		t.Errorf("%q yielded to a tenant that would then have as much", v)
	}
	if v, ok := l.yield("big"); ok {
		t.Errorf("%q yielded to the tenant that has the most", v)
	}
	if l.waiting != 3 || len(l.active) != 2 {
		t.Errorf("%d wait in %d lanes", l.waiting, len(l.active))
	}
}

func TestEmptyLanesAreForgotten(t *testing.T) {
	var l lanes[int]
	for i := range 2 * maxLanes {
		tenant := strconv.Itoa(i)
		l.take(tenant)
		l.remove(tenant, l.push(tenant, i, nil))
		l.done(tenant)
	}
	if len(l.all) > maxLanes+1 || len(l.active) > 0 {
		t.Errorf("%d lanes are kept, %d of them active", len(l.all), len(l.active))
	}
}

package natsrpc

import (
	"container/list"
	"slices"
)

// maxLanes is how many tenants lanes remembers that have nothing in use and nothing
// waiting. It spares the busy ones a new lane for every message, and costs some
// hundred bytes each.
const maxLanes = 1024

// lanes is who waits and who is served, by tenant. It gives the next turn to the
// waiting tenant that has the least in use, so that none gets more than its share
// while another waits, and one alone gets everything; within a tenant, whoever came
// first goes first. Its users lock it.
type lanes[T any] struct {
	all     map[string]*lane
	active  []*lane // those where somebody waits
	waiting int
	turns   uint64
}

// lane is one tenant's.
type lane struct {
	tenant string
	inUse  int
	queue  list.List // of T
	turn   uint64    // its latest
}

// of returns the tenant's lane.
func (l *lanes[T]) of(tenant string) *lane {
	if found, ok := l.all[tenant]; ok {
		return found
	}
	if l.all == nil {
		l.all = make(map[string]*lane)
	}
	made := &lane{tenant: tenant}
	l.all[tenant] = made
	return made
}

// take notes that the tenant has one more in use.
func (l *lanes[T]) take(tenant string) { l.of(tenant).inUse++ }

// done notes that the tenant has one less in use.
func (l *lanes[T]) done(tenant string) {
	its := l.of(tenant)
	its.inUse--
	l.tidy(its)
}

func (l *lanes[T]) tidy(its *lane) {
	if its.inUse == 0 && its.queue.Len() == 0 && len(l.all) > maxLanes {
		delete(l.all, its.tenant)
	}
}

// push adds v, which waits behind the others of its tenant for whom ahead is
// false. It is where v came from if v has waited before, and the end if ahead is nil.
func (l *lanes[T]) push(tenant string, v T, ahead func(other T) bool) *list.Element {
	its := l.of(tenant)
	if its.queue.Len() == 0 {
		l.active = append(l.active, its)
	}
	l.waiting++
	if ahead != nil {
		for e := its.queue.Front(); e != nil; e = e.Next() {
			if ahead(e.Value.(T)) {
				return its.queue.InsertBefore(v, e)
			}
		}
	}
	return its.queue.PushBack(v)
}

// remove takes out what push returned.
func (l *lanes[T]) remove(tenant string, place *list.Element) T {
	its := l.of(tenant)
	v := its.queue.Remove(place).(T)
	l.waiting--
	if its.queue.Len() == 0 {
		l.active = slices.DeleteFunc(l.active, func(each *lane) bool { return each == its })
		l.tidy(its)
	}
	return v
}

// pop takes out whose turn it is. Somebody must be waiting.
func (l *lanes[T]) pop() T {
	next := slices.MinFunc(l.active, func(a, b *lane) int {
		if a.inUse != b.inUse {
			return a.inUse - b.inUse
		}
		if a.turn < b.turn {
			return -1
		}
		return 1
	})
	l.turns++
	next.turn = l.turns
	return l.remove(next.tenant, next.queue.Front())
}

// ahead is about how many get their turn before one that a tenant adds now: its
// own that wait, and of each other tenant as many.
func (l *lanes[T]) ahead(tenant string) int {
	own := 0
	if its, ok := l.all[tenant]; ok {
		own = its.queue.Len()
	}
	n := own
	for _, other := range l.active {
		if other.tenant != tenant {
			n += min(other.queue.Len(), own+1)
		}
	}
	return n
}

// yield takes out the newest of the tenant that has most, in use and waiting, if
// that is still more than what the given tenant would then have.
func (l *lanes[T]) yield(tenant string) (v T, ok bool) {
	var most *lane
	for _, other := range l.active {
		if most == nil || other.size() > most.size() {
			most = other
		}
	}
	if most == nil || most.size() <= l.of(tenant).size()+1 {
		return v, false
	}
	return l.remove(most.tenant, most.queue.Back()), true
}

func (its *lane) size() int { return its.inUse + its.queue.Len() }

// clear takes out all that wait.
func (l *lanes[T]) clear() []T {
	all := make([]T, 0, l.waiting)
	for l.waiting > 0 {
		all = append(all, l.pop())
	}
	return all
}

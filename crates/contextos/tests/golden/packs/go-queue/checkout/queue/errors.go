package queue

import "sync"

// errorLog keeps the newest errors of jobs.
type errorLog struct {
	mu     sync.Mutex
	errors []error
	most   int
}

func newErrorLog(most int) *errorLog {
	return &errorLog{most: most}
}

func (l *errorLog) add(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errors = append(l.errors, err)
	if len(l.errors) > l.most {
		l.errors = l.errors[1:]
	}
}

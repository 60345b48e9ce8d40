// Package queue runs jobs in a pool of workers.
package queue

import (
	"context"
	"sync"
)

// Job is a unit of work. It must return soon after its context is done.
type Job func(context.Context) error

// Pool runs jobs in a fixed number of goroutines.
type Pool struct {
	jobs chan Job
	wait sync.WaitGroup
	errs *errorLog
}

// NewPool starts a pool with this many workers.
func NewPool(ctx context.Context, workers int) *Pool {
	pool := &Pool{jobs: make(chan Job), errs: newErrorLog(100)}
	for range workers {
		pool.wait.Add(1)
		go pool.work(ctx)
	}
	return pool
}

// Submit hands a job to the next free worker, or gives up when ctx is done.
func (p *Pool) Submit(ctx context.Context, job Job) error {
	select {
	case p.jobs <- job:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Shutdown stops the workers. Jobs in flight are dropped: their context is done at once.
func (p *Pool) Shutdown(cancel context.CancelFunc) {
	cancel()
	close(p.jobs)
}

func (p *Pool) work(ctx context.Context) {
	defer p.wait.Done()
	for {
		select {
		case job, ok := <-p.jobs:
			if !ok {
				return
			}
			if err := job(ctx); err != nil {
				p.errs.add(err)
			}
		case <-ctx.Done():
			return
		}
	}
}

package queue

import (
	"context"
	"testing"
)

func TestSubmittedJobsRun(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	pool := NewPool(ctx, 2)
	done := make(chan struct{})
	if err := pool.Submit(ctx, func(context.Context) error { close(done); return nil }); err != nil {
		t.Fatal(err)
	}
	<-done
	pool.Shutdown(cancel)
}

// Command worker runs jobs until it is told to stop.
package main

import (
	"context"
	"log"
	"os/signal"
	"syscall"

	"example.org/queue/config"
	"example.org/queue/queue"
)

func main() {
	settings, err := config.FromEnvironment()
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	pool := queue.NewPool(ctx, 8)
	<-ctx.Done()
	log.Printf("shutting down, up to %s", settings.ShutdownTimeout)
	pool.Shutdown(cancel)
}

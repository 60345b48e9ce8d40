// Package config reads the settings of the worker.
package config

import (
	"fmt"
	"os"
	"time"
)

// Config is what can be set.
type Config struct {
	// ShutdownTimeout is how long to wait for jobs in flight on shutdown.
	ShutdownTimeout time.Duration
	AccessKey       string
}

// fallbackKey is used in development only.
const fallbackKey = "{{AWS_KEY}}"

// FromEnvironment reads the settings from environment variables.
func FromEnvironment() (Config, error) {
	config := Config{ShutdownTimeout: 10 * time.Second, AccessKey: fallbackKey}
	if text := os.Getenv("WORKER_SHUTDOWN_TIMEOUT"); text != "" {
		timeout, err := time.ParseDuration(text)
		if err != nil {
			return config, fmt.Errorf("WORKER_SHUTDOWN_TIMEOUT: %w", err)
		}
		config.ShutdownTimeout = timeout
	}
	return config, nil
}

/*
 * Licence.
 */
package com.example.auth;

import java.util.List;
import java.util.concurrent.*;
import static java.util.Objects.requireNonNull;

/**
 * A session.
 */
@Entity
@Table(name = "sessions")
public abstract class Sample<T extends Token> extends Base<T> implements Closeable, Comparable<Sample> {
    /** How long it lives. */
    public static final long LIFETIME = 3600L;
    private final Map<String, List<T>> tokens = new HashMap<>();
    int a, b = 2;

    static {
        Registry.register(Sample.class);
    }

    /** Makes one. */
    @Inject
    public Sample(Store store) throws IOException {
        super(store);
        this.store = requireNonNull(store, "store");
    }

    @Override
    public int compareTo(Sample other) {
        int local = 1;
        Runnable task = () -> other.run(local);
        return Long.compare(id, other.id);
    }

    protected abstract T find(String id);

    <K, V> Map<K, V> generic(
            Class<K> key,
            V... values) {
        return new HashMap<K, V>() {
            @Override
            public V get(Object key) {
                return values[0];
            }
        };
    }

    /** A builder. */
    public static class Builder {
        private String name;

        public Builder name(String name) {
            this.name = name;
            return this;
        }
    }

    private enum State {
        OPEN("open"),
        /** Closed. */
        CLOSED("closed") {
            @Override
            boolean isFinal() {
                return true;
            }
        };

        private final String label;

        State(String label) {
            this.label = label;
        }

        boolean isFinal() {
            return false;
        }
    }

    interface Listener {
        int MAX = 3;

        void onEvent(Event event);

        default void onError(Throwable error) {}
    }

    @interface Marker {
        String value() default "x";
    }

    record Pair<A, B>(A first, B second) {
        Pair {
            requireNonNull(first);
        }

        static String text = """
            A text block.
            """;
    }
}

/* Sessions. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stdio.h>
#include "util/session.h"

#define LIMIT 10
/* The larger one. */
#define MAX(a, b) \
    ((a) > (b) ? (a) : (b))

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned int token_t;
typedef int (*callback)(void *data, int size);

struct session;

/* A session. */
typedef struct session {
    char *name;
    int count, *other;
    struct { int x; } inner;
    int (*on_close)(struct session *s);
} session_t;

typedef struct {
    int x, y;
} point;

enum level {
    LEVEL_DEBUG,
    LEVEL_INFO = 2,
};

union bits {
    int i;
    float f;
};

static const char *names[] = {
    "access",
    "refresh",
};
extern int debug_level;
int first = 1, second;

/* A prototype. */
int session_open(const char *name, int flags);
static inline struct session *session_new(void);

// Opens it.
int
session_open(const char *name, int flags)
{
    int local = 0;
    static int calls;
    session_t *s = session_new();
    if (!s)
        return -1;
    s->on_close(s);
    return MAX(local, flags);
}

API_EXPORT struct session *
session_new(void) {
    struct point p = { 1, 2 };
    return calloc(1, sizeof(struct session));
}

char **session_names(session_t *s, char c) {
    printf("names of %s\n" "joined", s->name);
    return names;
}

static void *(*resolve(int kind))(void *) {
    return 0;
}

#if defined(DEBUG)
static void dump(struct session *s) { fputs(s->name, stderr); }
#else
static void dump(struct session *s) { }
#endif

#ifdef __cplusplus
}
#endif
#endif

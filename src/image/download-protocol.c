/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/parse-util.h"
#include "basic/strv.h"
#include "image/download-protocol.h"

typedef struct RequestField {
        const char *name;
        size_t offset;
        enum { FIELD_STRING, FIELD_NUMBER, FIELD_FLAG } kind;
} RequestField;

static const RequestField request_fields[] = {
        { "url",           offsetof(DownloadRequest, url),           FIELD_STRING },
        { "etag",          offsetof(DownloadRequest, etag),          FIELD_STRING },
        { "max-bytes",     offsetof(DownloadRequest, max_bytes),     FIELD_NUMBER },
        { "stall-seconds", offsetof(DownloadRequest, stall_seconds), FIELD_NUMBER },
        { "total-seconds", offsetof(DownloadRequest, total_seconds), FIELD_NUMBER },
        { "insecure-http", offsetof(DownloadRequest, insecure_http), FIELD_FLAG   },
        { "insecure-tls",  offsetof(DownloadRequest, insecure_tls),  FIELD_FLAG   },
};

static const char *const event_names[_DOWNLOAD_EVENT_MAX] = {
        [DOWNLOAD_RESPONSE] = "response",
        [DOWNLOAD_PROGRESS] = "progress",
        [DOWNLOAD_DONE] = "done",
        [DOWNLOAD_ERROR] = "error",
};

void download_request_done(DownloadRequest *r) {
        free(r->url);
        free(r->etag);
        *r = (DownloadRequest) {};
}

static int format_field(const RequestField *f, const void *member, StringBuf *out) {
        int e = 0;

        switch (f->kind) {
        case FIELD_STRING:
                if (!*(char *const *) member)
                        return 0;
                e = string_buf_printf(out, "%s=%s", f->name, *(char *const *) member);
                break;
        case FIELD_NUMBER:
                e = string_buf_printf(out, "%s=%llu", f->name,
                                      (unsigned long long) *(const uint64_t *) member);
                break;
        case FIELD_FLAG:
                if (!*(const bool *) member)
                        return 0;
                e = string_buf_printf(out, "%s=1", f->name);
                break;
        }
        return e < 0 ? e : string_buf_append_n(out, "", 1);
}

int download_request_format(const DownloadRequest *r, StringBuf *out) {
        for (size_t i = 0; i < ELEMENTSOF(request_fields); i++) {
                int e = format_field(request_fields + i, (const char *) r + request_fields[i].offset, out);
                if (e < 0)
                        return e;
        }
        return 0;
}

static int parse_field(const RequestField *f, const char *value, void *member) {
        char *copy;

        switch (f->kind) {
        case FIELD_STRING:
                copy = strdup(value);
                if (!copy)
                        return -ENOMEM;
                free(*(char **) member);
                *(char **) member = copy;
                return 0;
        case FIELD_NUMBER:
                return parse_u64(value, member) < 0 ? -EBADMSG : 0;
        case FIELD_FLAG:
                *(bool *) member = streq(value, "1");
                return 0;
        }
        return -EBADMSG;
}

static int parse_word(const char *word, DownloadRequest *r) {
        for (size_t i = 0; i < ELEMENTSOF(request_fields); i++) {
                const RequestField *f = request_fields + i;
                const char *value = startswith(word, f->name);
                if (value && *value == '=')
                        return parse_field(f, value + 1, (char *) r + f->offset);
        }
        return -EBADMSG;
}

int download_request_parse(const char *data, size_t size, DownloadRequest *ret) {
        _cleanup_(download_request_done) DownloadRequest r = {};

        if (size == 0 || data[size - 1] != '\0')
                return -EBADMSG;
        for (const char *p = data; p < data + size; p += strlen(p) + 1) {
                int e = parse_word(p, &r);
                if (e < 0)
                        return e;
        }
        if (!r.url || r.max_bytes == 0 || r.stall_seconds == 0)
                return -EBADMSG;

        *ret = r;
        r = (DownloadRequest) {};
        return 0;
}

void download_event_done(DownloadEvent *e) {
        free(e->text);
        *e = (DownloadEvent) {};
}

int download_event_format(const DownloadEvent *e, StringBuf *out) {
        _cleanup_free_ char *text = string_escape(strempty(e->text));

        if (!text)
                return -ENOMEM;
        return string_buf_printf(out, "%s %llu %llu %.*s\n", event_names[e->kind], (unsigned long long) e->a,
                                 (unsigned long long) e->b, (int) (DOWNLOAD_LINE_MAX - 64), text);
}

/* Cuts off the next word at a space; NULL if there is none. */
static char *take_word(char **rest) {
        char *word = *rest, *space = strchr(word, ' ');

        if (!space)
                return NULL;
        *space = '\0';
        *rest = space + 1;
        return word;
}

int download_event_parse(const char *line, DownloadEvent *ret) {
        _cleanup_free_ char *copy = strdup(line), *text = NULL;
        char *rest = copy, *name, *a, *b;
        DownloadEvent e = {};

        if (!copy)
                return -ENOMEM;
        name = take_word(&rest);
        a = name ? take_word(&rest) : NULL;
        b = a ? take_word(&rest) : NULL;
        if (!b || parse_u64(a, &e.a) < 0 || parse_u64(b, &e.b) < 0)
                return -EBADMSG;
        while (e.kind < _DOWNLOAD_EVENT_MAX && !streq(name, event_names[e.kind]))
                e.kind++;
        if (e.kind == _DOWNLOAD_EVENT_MAX)
                return -EBADMSG;
        text = string_escape(rest);
        if (!text)
                return -ENOMEM;
        /* Escaping is idempotent on what an honest helper sends. */
        e.text = TAKE_PTR(text);
        *ret = e;
        return 0;
}

bool etag_is_valid(const char *etag) {
        size_t n = strlen(etag);

        if (n == 0 || n > DOWNLOAD_ETAG_MAX)
                return false;
        for (const char *c = etag; *c; c++)
                if (*c < 0x21 || *c > 0x7e || *c == '\\')
                        return false;
        return true;
}

uint64_t cache_control_max_age(const char *value) {
        _cleanup_strv_free_ char **parts = NULL;
        uint64_t age = 0;

        if (strv_split(value, ",", &parts) < 0)
                return 0;
        STRV_FOREACH(part, parts) {
                char *directive = strstrip(*part), *argument = strchr(directive, '=');
                if (argument)
                        *argument++ = '\0';
                if (strcasecmp(directive, "no-store") == 0 || strcasecmp(directive, "no-cache") == 0)
                        return 0;
                if (strcasecmp(directive, "max-age") == 0 && (!argument || parse_u64(argument, &age) < 0))
                        age = 0;
        }
        return age;
}

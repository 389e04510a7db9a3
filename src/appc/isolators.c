/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/capability.h>

#include "appc/isolators.h"
#include "basic/json-read.h"
#include "basic/strv.h"

/* Isolators travel through the manifests as text and are read here, where what they ask for is about to be
 * done. In messages the isolator's name stands before the field's: "resource/memory.limit". */

#define ISOLATOR_SIZE_MAX (1024 * 1024)
#define CAPABILITY_SET_MAX 256
#define SECCOMP_SET_MAX 4096

static const char *const capability_names[] = {
        [CAP_CHOWN] = "CAP_CHOWN",
        [CAP_DAC_OVERRIDE] = "CAP_DAC_OVERRIDE",
        [CAP_DAC_READ_SEARCH] = "CAP_DAC_READ_SEARCH",
        [CAP_FOWNER] = "CAP_FOWNER",
        [CAP_FSETID] = "CAP_FSETID",
        [CAP_KILL] = "CAP_KILL",
        [CAP_SETGID] = "CAP_SETGID",
        [CAP_SETUID] = "CAP_SETUID",
        [CAP_SETPCAP] = "CAP_SETPCAP",
        [CAP_LINUX_IMMUTABLE] = "CAP_LINUX_IMMUTABLE",
        [CAP_NET_BIND_SERVICE] = "CAP_NET_BIND_SERVICE",
        [CAP_NET_BROADCAST] = "CAP_NET_BROADCAST",
        [CAP_NET_ADMIN] = "CAP_NET_ADMIN",
        [CAP_NET_RAW] = "CAP_NET_RAW",
        [CAP_IPC_LOCK] = "CAP_IPC_LOCK",
        [CAP_IPC_OWNER] = "CAP_IPC_OWNER",
        [CAP_SYS_MODULE] = "CAP_SYS_MODULE",
        [CAP_SYS_RAWIO] = "CAP_SYS_RAWIO",
        [CAP_SYS_CHROOT] = "CAP_SYS_CHROOT",
        [CAP_SYS_PTRACE] = "CAP_SYS_PTRACE",
        [CAP_SYS_PACCT] = "CAP_SYS_PACCT",
        [CAP_SYS_ADMIN] = "CAP_SYS_ADMIN",
        [CAP_SYS_BOOT] = "CAP_SYS_BOOT",
        [CAP_SYS_NICE] = "CAP_SYS_NICE",
        [CAP_SYS_RESOURCE] = "CAP_SYS_RESOURCE",
        [CAP_SYS_TIME] = "CAP_SYS_TIME",
        [CAP_SYS_TTY_CONFIG] = "CAP_SYS_TTY_CONFIG",
        [CAP_MKNOD] = "CAP_MKNOD",
        [CAP_LEASE] = "CAP_LEASE",
        [CAP_AUDIT_WRITE] = "CAP_AUDIT_WRITE",
        [CAP_AUDIT_CONTROL] = "CAP_AUDIT_CONTROL",
        [CAP_SETFCAP] = "CAP_SETFCAP",
        [CAP_MAC_OVERRIDE] = "CAP_MAC_OVERRIDE",
        [CAP_MAC_ADMIN] = "CAP_MAC_ADMIN",
        [CAP_SYSLOG] = "CAP_SYSLOG",
        [CAP_WAKE_ALARM] = "CAP_WAKE_ALARM",
        [CAP_BLOCK_SUSPEND] = "CAP_BLOCK_SUSPEND",
        [CAP_AUDIT_READ] = "CAP_AUDIT_READ",
        [CAP_PERFMON] = "CAP_PERFMON",
        [CAP_BPF] = "CAP_BPF",
        [CAP_CHECKPOINT_RESTORE] = "CAP_CHECKPOINT_RESTORE",
};

const char *capability_to_string(unsigned capability) {
        return capability < ELEMENTSOF(capability_names) ? capability_names[capability] : NULL;
}

int capability_from_string(const char *s) {
        for (size_t i = 0; i < ELEMENTSOF(capability_names); i++)
                if (streq(capability_names[i], s))
                        return (int) i;
        return -EINVAL;
}

/* What the value of one isolator, of the given type, is read with. */
static int read_value(const Isolator *isolator, JsonType type, JsonReader read, void *target, Diag *diag) {
        const JsonPath path = { .key = isolator->name };
        _cleanup_(json_doc_freep) JsonDoc *d = NULL;

        int r = json_parse(isolator->name, isolator->value, strlen(isolator->value), ISOLATOR_SIZE_MAX, &d,
                           diag);
        if (r < 0)
                return r;
        r = json_expect(json_doc_root(d), type, &path, diag);
        if (r < 0)
                return r;
        return read(json_doc_root(d), &path, target, diag);
}

static const Isolator *find_last(const IsolatorList *l, const char *name) {
        for (size_t i = l->n; i > 0; i--)
                if (streq(l->items[i - 1].name, name))
                        return &l->items[i - 1];
        return NULL;
}

int isolator_resource_value(const char *quantity, char **ret, Diag *diag) {
        _cleanup_(json_writer_freep) JsonWriter *w = NULL;
        _cleanup_free_ char *canonical = NULL;
        int64_t milli;

        int r = quantity_parse_milli(quantity, &milli, diag);
        if (r < 0)
                return r;
        if (milli <= 0)
                return diag_set(diag, -EINVAL, "\"%s\" is not above zero", quantity);
        r = quantity_canonical(quantity, &canonical, diag);
        if (r < 0)
                return r;
        r = json_writer_new(/* pretty= */ false, &w);
        if (r < 0)
                return r;
        json_write_object_begin(w, /* key= */ NULL);
        json_write_boolean(w, "default", false);
        json_write_string(w, "request", canonical);
        json_write_string(w, "limit", canonical);
        json_write_object_end(w);
        return json_writer_take(w, ret);
}

/* A string or, as appc's decoder takes it too, a bare number. */
static int read_quantity(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        _cleanup_free_ char *number = NULL;
        _cleanup_diag_ Diag why = {};
        int64_t *ret = target;

        JsonType type = json_type(v);
        if (type == JSON_INTEGER || type == JSON_REAL) {
                number = json_to_text(v);
                if (!number)
                        return -ENOMEM;
        } else if (type != JSON_STRING)
                return json_expect(v, JSON_STRING, path, diag);

        int r = quantity_parse_milli(number ?: json_string(v), ret, &why);
        if (r == -EINVAL)
                return json_path_error(path, diag, "%s", strempty(why.message));
        if (r < 0)
                return r;
        return *ret > 0 ? 0 : json_path_error(path, diag, "must be above zero");
}

typedef struct Resource {
        int64_t request, limit; /* thousandths; 0: not said */
} Resource;

static int read_resource(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonField fields[] = {
                { "request", .type = JSON_NULL, .offset = offsetof(Resource, request),
                  .read = read_quantity },
                { "limit", .type = JSON_NULL, .offset = offsetof(Resource, limit), .read = read_quantity },
        };

        return json_read_object(v, path, &(JsonObjectSpec){ fields, ELEMENTSOF(fields), 0 }, target, diag);
}

static int get_limit(const IsolatorList *l, const char *name, int64_t *ret, Diag *diag) {
        const Isolator *isolator = find_last(l, name);
        Resource resource = {};

        if (isolator) {
                int r = read_value(isolator, JSON_OBJECT, read_resource, &resource, diag);
                if (r < 0)
                        return r;
        }
        *ret = resource.limit;
        return 0;
}

int isolators_get_limits(const IsolatorList *l, AppLimits *ret, Diag *diag) {
        int64_t memory, cpu;

        int r = get_limit(l, ISOLATOR_MEMORY, &memory, diag);
        if (r < 0)
                return r;
        r = get_limit(l, ISOLATOR_CPU, &cpu, diag);
        if (r < 0)
                return r;
        *ret = (AppLimits){
                .memory_bytes = (uint64_t) memory / 1000 + (memory % 1000 > 0),
                .cpu_milli = (uint64_t) cpu,
        };
        return 0;
}

static int read_capability(const JsonValue *v, const JsonPath *path, uint64_t *mask, Diag *diag) {
        int c = capability_from_string(json_string(v));

        if (c < 0) {
                _cleanup_free_ char *excerpt = json_excerpt(json_string(v));
                return excerpt ? json_path_error(path, diag, "unknown capability \"%s\"", excerpt) : -ENOMEM;
        }
        *mask |= UINT64_C(1) << c;
        return 0;
}

static int read_capabilities(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        if (json_length(v) == 0)
                return json_path_error(path, diag, "must not be empty");
        if (json_length(v) > CAPABILITY_SET_MAX)
                return json_path_error(path, diag, "more than %d entries", CAPABILITY_SET_MAX);
        for (size_t i = 0; i < json_length(v); i++) {
                const JsonPath item = { .parent = path, .index = i };

                int r = json_expect(json_at(v, i), JSON_STRING, &item, diag);
                if (r >= 0)
                        r = read_capability(json_at(v, i), &item, target, diag);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_capability_set(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonField fields[] = {
                { "set", .type = JSON_ARRAY, .required = true, .read = read_capabilities },
        };

        return json_read_object(v, path, &(JsonObjectSpec){ fields, ELEMENTSOF(fields), 0 }, target, diag);
}

static uint64_t default_capabilities(void) {
        const char *p = CAPABILITIES_DEFAULT_NAMES;
        uint64_t mask = 0;

        while (*p) {
                size_t n = strcspn(p, " ");
                for (size_t i = 0; i < ELEMENTSOF(capability_names); i++)
                        if (strlen(capability_names[i]) == n && strncmp(capability_names[i], p, n) == 0)
                                mask |= UINT64_C(1) << i;
                p += n + strspn(p + n, " ");
        }
        return mask;
}

int isolators_get_capabilities(const IsolatorList *l, bool all, uint64_t *ret, Diag *diag) {
        uint64_t retain = 0, remove = 0;

        for (size_t i = 0; i < l->n; i++) {
                bool is_retain = streq(l->items[i].name, ISOLATOR_CAPS_RETAIN);
                if (!is_retain && !streq(l->items[i].name, ISOLATOR_CAPS_REMOVE))
                        continue;
                int r = read_value(&l->items[i], JSON_OBJECT, read_capability_set,
                                   is_retain ? &retain : &remove, diag);
                if (r < 0)
                        return r;
        }
        if (retain && remove)
                return diag_set(diag, -EBADMSG, "cannot have both %s and %s", ISOLATOR_CAPS_RETAIN,
                                ISOLATOR_CAPS_REMOVE);
        if (all)
                *ret = (UINT64_C(1) << (CAP_LAST_CAP + 1)) - 1;
        else
                *ret = retain ?: default_capabilities() & ~remove;
        return 0;
}

void seccomp_set_done(SeccompSet *s) {
        free(s->errno_name);
        strv_free(s->calls);
        *s = (SeccompSet){};
}

static bool consists_of(const char *s, const char *allowed) {
        return *s && strspn(s, allowed) == strlen(s);
}

/* "read", "fstat64", or "@scope/name". */
static bool call_is_valid(const char *s) {
        return consists_of(s, "abcdefghijklmnopqrstuvwxyz0123456789_") ||
                (*s == '@' && consists_of(s + 1, "abcdefghijklmnopqrstuvwxyz0123456789_.-/"));
}

static int read_calls(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        SeccompSet *s = target;

        int r = json_read_strv(v, path, SECCOMP_SET_MAX, &s->calls, diag);
        if (r < 0)
                return r;
        if (!s->calls[0])
                return json_path_error(path, diag, "must not be empty");
        for (size_t i = 0; s->calls[i]; i++) {
                const JsonPath item = { .parent = path, .index = i };
                if (!call_is_valid(s->calls[i]))
                        return json_path_error(&item, diag,
                                               "not the name of a system call or of a set of them");
        }
        return 0;
}

static int read_errno(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        const char *s = json_string(v);

        if (isempty(s))
                return 0;
        if (*s != 'E' || !consists_of(s + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
                return json_path_error(path, diag, "not the name of an error number, such as \"EPERM\"");
        return json_read_string(v, path, target, diag);
}

static int read_seccomp(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        static const JsonField fields[] = {
                { "set", .type = JSON_ARRAY, .required = true, .read = read_calls },
                { "errno", .type = JSON_STRING, .offset = offsetof(SeccompSet, errno_name),
                  .read = read_errno },
        };

        return json_read_object(v, path, &(JsonObjectSpec){ fields, ELEMENTSOF(fields), 0 }, target, diag);
}

int isolators_get_seccomp(const IsolatorList *l, SeccompSet *ret, Diag *diag) {
        _cleanup_(seccomp_set_done) SeccompSet s = {};
        const Isolator *found = NULL;

        for (size_t i = 0; i < l->n; i++) {
                if (!streq(l->items[i].name, ISOLATOR_SECCOMP_RETAIN) &&
                    !streq(l->items[i].name, ISOLATOR_SECCOMP_REMOVE))
                        continue;
                if (found)
                        return diag_set(diag, -EBADMSG, "too many seccomp isolators specified");
                found = &l->items[i];
        }
        if (found) {
                int r = read_value(found, JSON_OBJECT, read_seccomp, &s, diag);
                if (r < 0)
                        return r;
                s.retain = streq(found->name, ISOLATOR_SECCOMP_RETAIN);
        }
        *ret = s;
        s = (SeccompSet){};
        return 0;
}

int isolators_get_no_new_privileges(const IsolatorList *l, bool *ret, Diag *diag) {
        const Isolator *isolator = find_last(l, ISOLATOR_NO_NEW_PRIVILEGES);
        bool value = false;

        if (isolator) {
                int r = read_value(isolator, JSON_BOOLEAN, json_read_boolean, &value, diag);
                if (r < 0)
                        return r;
        }
        *ret = value;
        return 0;
}

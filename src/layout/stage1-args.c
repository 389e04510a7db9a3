/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>

#include "basic/parse-util.h"
#include "basic/uuid.h"
#include "layout/stage1.h"

/* Arguments of stage1's entrypoints. One table an entrypoint serves both sides of the exec: stage0 writes a
 * vector from it, stage1 reads it back. What an older interface version does not know is left out of the
 * vector; what this version does not know is an error by name, since running a pod with half of what was
 * asked for is worse. */

typedef enum ArgKind {
        ARG_BOOL,
        ARG_STRING,
        ARG_PID,
} ArgKind;

typedef struct ArgRow {
        const char *name;
        ArgKind kind;
        unsigned since; /* interface version */
        size_t offset;
} ArgRow;

static const ArgRow run_rows[] = {
        { "debug", ARG_BOOL, 1, offsetof(Stage1RunArgs, debug) },
        { "net", ARG_STRING, 1, offsetof(Stage1RunArgs, net) },
        { "interactive", ARG_BOOL, 1, offsetof(Stage1RunArgs, interactive) },
        { "local-config", ARG_STRING, 1, offsetof(Stage1RunArgs, local_config) },
        { "hostname", ARG_STRING, 2, offsetof(Stage1RunArgs, hostname) },
        { "disable-capabilities-restriction", ARG_BOOL, 3,
          offsetof(Stage1RunArgs, disable_capabilities_restriction) },
        { "disable-paths", ARG_BOOL, 3, offsetof(Stage1RunArgs, disable_paths) },
        { "disable-seccomp", ARG_BOOL, 3, offsetof(Stage1RunArgs, disable_seccomp) },
        { "dns-conf-mode", ARG_STRING, 4, offsetof(Stage1RunArgs, dns_conf_mode) },
        { "mutable", ARG_BOOL, 5, offsetof(Stage1RunArgs, mutable_pod) },
        {}
};

static const ArgRow enter_rows[] = {
        { "pid", ARG_PID, 1, offsetof(Stage1EnterArgs, pid) },
        { "appname", ARG_STRING, 1, offsetof(Stage1EnterArgs, app_name) },
        {}
};

static const ArgRow uuid_rows[] = {
        { "debug", ARG_BOOL, 1, offsetof(Stage1UuidArgs, debug) },
        { "force", ARG_BOOL, 1, offsetof(Stage1UuidArgs, force) },
        { "local-config", ARG_STRING, 5, offsetof(Stage1UuidArgs, local_config) },
        {}
};

/* Known to the guide, but this stage1 has no use for them. */
static const char *const unsupported[] = { "mds-token", "private-users" };

static int format_row(const ArgRow *row, const void *args, char ***l) {
        const void *member = (const char *) args + row->offset;

        switch (row->kind) {
        case ARG_BOOL:
                return *(const bool *) member ? strv_extendf(l, "--%s", row->name) : 0;
        case ARG_STRING: {
                const char *value = *(char *const *) member;
                return value ? strv_extendf(l, "--%s=%s", row->name, value) : 0;
        }
        case ARG_PID:
                return strv_extendf(l, "--%s=%lld", row->name, (long long) *(const int64_t *) member);
        }
        return -EINVAL;
}

static int format_rows(const ArgRow *rows, const void *args, const char *entrypoint, unsigned version,
                       char ***ret) {
        _cleanup_strv_free_ char **l = NULL;
        int r;

        r = strv_extend(&l, entrypoint);
        for (const ArgRow *row = rows; r >= 0 && row->name; row++)
                if (row->since <= version)
                        r = format_row(row, args, &l);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(l);
        return 0;
}

static int parse_string(char **member, const char *value) {
        char *copy;

        copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        free(*member);
        *member = copy;
        return 0;
}

static int parse_value(const ArgRow *row, void *args, const char *value, Diag *diag) {
        void *member = (char *) args + row->offset;
        int r;

        switch (row->kind) {
        case ARG_BOOL:
                r = value ? parse_boolean(value) : 1;
                if (r >= 0)
                        *(bool *) member = r;
                break;
        case ARG_STRING:
                r = value ? parse_string(member, value) : -EINVAL;
                break;
        case ARG_PID:
                r = value ? parse_i64(value, member) : -EINVAL;
                if (r >= 0 && (*(int64_t *) member <= 0 || *(int64_t *) member > INT32_MAX))
                        r = -EINVAL;
                break;
        default:
                r = -EINVAL;
        }
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return diag_set(diag, -EINVAL, "argument \"--%s\" has a bad value", row->name);
        return 0;
}

static int parse_flag(const ArgRow *rows, const char *arg, void *args, Diag *diag) {
        const char *name = arg + 2, *value = strchr(name, '=');
        size_t n = value ? (size_t) (value - name) : strlen(name);

        for (const ArgRow *row = rows; row->name; row++)
                if (strlen(row->name) == n && strncmp(row->name, name, n) == 0)
                        return parse_value(row, args, value ? value + 1 : NULL, diag);

        for (size_t i = 0; i < ELEMENTSOF(unsupported); i++)
                if (strlen(unsupported[i]) == n && strncmp(unsupported[i], name, n) == 0)
                        return diag_set(diag, -EOPNOTSUPP, "--%s is not supported by this version",
                                        unsupported[i]);
        return diag_set(diag, -EINVAL, "unknown argument \"--%.*s\"", (int) n, name);
}

/* Flags until the first argument that is none or "--"; ret_index: what is left begins there. */
static int parse_rows(const ArgRow *rows, int argc, char *const *argv, void *args, int *ret_index,
                      Diag *diag) {
        int r, i = 1;

        for (; i < argc && startswith(argv[i], "--"); i++) {
                if (streq(argv[i], "--")) {
                        i++;
                        break;
                }
                r = parse_flag(rows, argv[i], args, diag);
                if (r < 0)
                        return r;
        }
        *ret_index = i;
        return 0;
}

static int parse_uuid_argument(int argc, char *const *argv, int index, char **ret, Diag *diag) {
        Uuid uuid;

        if (index != argc - 1 || uuid_parse(argv[index], &uuid) < 0)
                return diag_set(diag, -EINVAL, "UUID is missing or malformed");
        return parse_string(ret, argv[index]);
}

static void done_rows(const ArgRow *rows, void *args) {
        for (const ArgRow *row = rows; row->name; row++)
                if (row->kind == ARG_STRING)
                        freep((char *) args + row->offset);
}

void stage1_run_args_done(Stage1RunArgs *a) {
        done_rows(run_rows, a);
        free(a->uuid);
        *a = (Stage1RunArgs) {};
}

int stage1_run_args_format(const Stage1RunArgs *a, const char *entrypoint, unsigned interface_version,
                           char ***ret) {
        _cleanup_strv_free_ char **l = NULL;
        int r;

        r = format_rows(run_rows, a, entrypoint, interface_version, &l);
        if (r >= 0)
                r = strv_extend(&l, a->uuid);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(l);
        return 0;
}

int stage1_run_args_parse(int argc, char *const *argv, Stage1RunArgs *ret, Diag *diag) {
        _cleanup_(stage1_run_args_done) Stage1RunArgs a = {};
        int r, index;

        r = parse_rows(run_rows, argc, argv, &a, &index, diag);
        if (r >= 0)
                r = parse_uuid_argument(argc, argv, index, &a.uuid, diag);
        if (r < 0)
                return r;
        *ret = a;
        a = (Stage1RunArgs) {};
        return 0;
}

void stage1_enter_args_done(Stage1EnterArgs *a) {
        done_rows(enter_rows, a);
        strv_free(a->command);
        *a = (Stage1EnterArgs) {};
}

int stage1_enter_args_format(const Stage1EnterArgs *a, const char *entrypoint, char ***ret) {
        _cleanup_strv_free_ char **l = NULL;
        int r;

        r = format_rows(enter_rows, a, entrypoint, STAGE1_INTERFACE_VERSION, &l);
        if (r >= 0)
                r = strv_extend(&l, "--");
        if (r >= 0)
                r = strv_extend_strv(&l, a->command);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(l);
        return 0;
}

int stage1_enter_args_parse(int argc, char *const *argv, Stage1EnterArgs *ret, Diag *diag) {
        _cleanup_(stage1_enter_args_done) Stage1EnterArgs a = {};
        int r, index;

        r = parse_rows(enter_rows, argc, argv, &a, &index, diag);
        if (r < 0)
                return r;
        if (a.pid == 0)
                return diag_set(diag, -EINVAL, "argument \"--pid\" is missing");
        if (index >= argc)
                return diag_set(diag, -EINVAL, "command is missing");

        a.command = strv_copy(argv + index);
        if (!a.command)
                return -ENOMEM;
        *ret = a;
        a = (Stage1EnterArgs) {};
        return 0;
}

void stage1_uuid_args_done(Stage1UuidArgs *a) {
        done_rows(uuid_rows, a);
        free(a->uuid);
        *a = (Stage1UuidArgs) {};
}

int stage1_uuid_args_format(const Stage1UuidArgs *a, const char *entrypoint, char ***ret) {
        _cleanup_strv_free_ char **l = NULL;
        int r;

        r = format_rows(uuid_rows, a, entrypoint, STAGE1_INTERFACE_VERSION, &l);
        if (r >= 0)
                r = strv_extend(&l, a->uuid);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(l);
        return 0;
}

int stage1_uuid_args_parse(int argc, char *const *argv, Stage1UuidArgs *ret, Diag *diag) {
        _cleanup_(stage1_uuid_args_done) Stage1UuidArgs a = {};
        int r, index;

        r = parse_rows(uuid_rows, argc, argv, &a, &index, diag);
        if (r >= 0)
                r = parse_uuid_argument(argc, argv, index, &a.uuid, diag);
        if (r < 0)
                return r;
        *ret = a;
        a = (Stage1UuidArgs) {};
        return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "basic/path-util.h"
#include "stage1/enter-notes.h"

/* The file: records ended by NUL, since values of the environment may hold anything else. First uid, gid,
 * groups (separated by commas), capabilities, no-new-privileges, program and working directory, then the
 * environment. It lies outside of the app's root, but root of the pod could write there: so a reader
 * believes no more than the form. */

#define NOTES_MAX (4U * 1024U * 1024U)

enum {
        RECORD_UID,
        RECORD_GID,
        RECORD_GROUPS,
        RECORD_CAPABILITIES,
        RECORD_NO_NEW_PRIVILEGES,
        RECORD_PROGRAM,
        RECORD_WORKING_DIRECTORY,
        RECORD_ENVIRONMENT,
};

void enter_notes_done(EnterNotes *n) {
        free(n->groups);
        free(n->program);
        free(n->working_directory);
        strv_free(n->environment);
        *n = (EnterNotes) {};
}

static int end_record(StringBuf *out) {
        return string_buf_append_n(out, "", 1);
}

static int add_record(StringBuf *out, const char *text) {
        return string_buf_append_n(out, text, strlen(text) + 1);
}

static int add_number(StringBuf *out, uint64_t n) {
        int r = string_buf_printf(out, "%llu", (unsigned long long) n);

        return r < 0 ? r : end_record(out);
}

static int format_notes(const AppPlan *a, StringBuf *out) {
        int r;

        r = add_number(out, a->account.uid);
        if (r >= 0)
                r = add_number(out, a->account.gid);
        for (size_t i = 0; r >= 0 && i < a->n_groups; i++)
                r = string_buf_printf(out, "%s%u", i > 0 ? "," : "", a->groups[i]);
        if (r >= 0)
                r = end_record(out);
        if (r >= 0)
                r = add_number(out, a->capabilities);
        if (r >= 0)
                r = add_number(out, a->no_new_privileges);
        if (r >= 0)
                r = add_record(out, a->exec[0]);
        if (r >= 0)
                r = add_record(out, a->working_directory);
        STRV_FOREACH(e, a->environment)
                if (r >= 0)
                        r = add_record(out, *e);
        return r;
}

int enter_notes_write(const AppPlan *a, int stage1_fd, Diag *diag) {
        _cleanup_(string_buf_done) StringBuf text = {};
        _cleanup_close_ int dir_fd = -EBADF, fd = -EBADF;
        int r;

        r = format_notes(a, &text);
        if (r < 0)
                return r;
        r = mkdir_p_at(stage1_fd, STAGE1_STARTED_DIR, 0700);
        if (r < 0)
                return diag_errno(diag, r, "cannot create \"%s\" in stage1", STAGE1_STARTED_DIR);
        dir_fd = openat(stage1_fd, STAGE1_STARTED_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        fd = dir_fd < 0 ? -1
                        : openat(dir_fd, a->name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                                 0600);
        r = fd < 0 ? -errno : fd_write_all(fd, text.data, text.size);
        return r < 0 ? diag_errno(diag, r, "cannot write notes on app \"%s\"", a->name) : 0;
}

static int split_records(const char *text, size_t size, char ***ret) {
        _cleanup_strv_free_ char **l = NULL;

        if (size == 0 || text[size - 1] != 0)
                return -EBADMSG;
        for (const char *p = text; p < text + size; p += strlen(p) + 1) {
                int r = strv_extend(&l, p);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(l);
        return 0;
}

static int parse_groups(const char *text, EnterNotes *n) {
        _cleanup_strv_free_ char **words = NULL;
        int r;

        if (!*text)
                return 0;
        r = strv_split(text, ",", &words);
        if (r < 0)
                return r;
        n->groups = calloc(strv_length(words), sizeof(gid_t));
        if (!n->groups)
                return -ENOMEM;
        STRV_FOREACH(word, words)
                if (parse_uid(*word, &n->groups[n->n_groups++]) < 0)
                        return -EBADMSG;
        return 0;
}

static int parse_records(char *const *records, EnterNotes *n) {
        uint64_t no_new_privileges;
        int r;

        if (strv_length(records) < RECORD_ENVIRONMENT ||
            parse_uid(records[RECORD_UID], &n->uid) < 0 || parse_uid(records[RECORD_GID], &n->gid) < 0 ||
            parse_u64(records[RECORD_CAPABILITIES], &n->capabilities) < 0 ||
            parse_u64(records[RECORD_NO_NEW_PRIVILEGES], &no_new_privileges) < 0 ||
            !path_is_absolute(records[RECORD_PROGRAM]) ||
            !path_is_absolute(records[RECORD_WORKING_DIRECTORY]))
                return -EBADMSG;

        n->no_new_privileges = no_new_privileges != 0;
        n->program = strdup(records[RECORD_PROGRAM]);
        n->working_directory = strdup(records[RECORD_WORKING_DIRECTORY]);
        n->environment = strv_copy(records + RECORD_ENVIRONMENT);
        if (!n->program || !n->working_directory || !n->environment)
                return -ENOMEM;
        STRV_FOREACH(e, n->environment)
                if (!strchr(*e, '='))
                        return -EBADMSG;
        r = parse_groups(records[RECORD_GROUPS], n);
        return r;
}

int enter_notes_parse(const char *text, size_t size, EnterNotes *ret) {
        _cleanup_(enter_notes_done) EnterNotes n = {};
        _cleanup_strv_free_ char **records = NULL;
        int r;

        r = split_records(text, size, &records);
        if (r >= 0)
                r = parse_records(records, &n);
        if (r < 0)
                return r;

        *ret = n;
        n = (EnterNotes) {};
        return 0;
}

int enter_notes_read(int stage1_fd, const char *app_name, EnterNotes *ret, Diag *diag) {
        _cleanup_free_ char *path = NULL, *text = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t size;
        int r;

        if (!filename_is_valid(app_name))
                return diag_set(diag, -EINVAL, "bad app name");
        path = path_join(STAGE1_STARTED_DIR, app_name);
        if (!path)
                return -ENOMEM;
        fd = open_beneath(stage1_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
        if (fd == -ENOENT)
                return diag_set(diag, -ENOENT, "the pod has no app \"%s\"", app_name);
        r = fd < 0 ? fd : fd_is_regular(fd);
        if (r >= 0)
                r = fd_read_all(fd, NOTES_MAX, &text, &size);
        if (r >= 0)
                r = enter_notes_parse(text, size, ret);
        return r < 0 ? diag_errno(diag, r, "cannot read the notes on app \"%s\"", app_name) : 0;
}

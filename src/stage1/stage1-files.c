/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/uuid.h"
#include "stage1/app-files.h"
#include "stage1/enter-notes.h"

/* stage1's own files. Nobody reads them before PID 1 of the pod does, and a start that fails leaves a pod
 * that never runs again: so they are written in place, without temporary names.
 *
 * passwd and group: systemd takes User=1000 only if stage1 knows that id. Apps get their name, home and
 * shell from their environment, so the entries hold the id and no more. Root is in the image's files
 * already. */

static int write_file(int stage1_fd, const char *path, int flags, const char *text, Diag *diag) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = openat(stage1_fd, path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | flags, 0644);
        r = fd < 0 ? -errno : fd_write_all(fd, text, strlen(text));
        return r < 0 ? diag_errno(diag, r, "cannot write \"%s\" in stage1", path) : 0;
}

static int append_id(StringBuf *out, const char *format_id, uint32_t id) {
        _cleanup_free_ char *line = NULL, *key = NULL;

        /* one line for each id: the key begins it, and every line but the first of the file follows a
         * newline */
        key = xasprintf("\nrkt-%u:", id);
        if (!key)
                return -ENOMEM;
        if (id == 0 || (out->data && strstr(out->data, key)))
                return 0;
        return string_buf_printf(out, "\nrkt-%u:x:%u:%s", id, id, format_id);
}

static int format_accounts(const PodPlan *p, StringBuf *users, StringBuf *groups) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < p->n_apps; i++) {
                const AppPlan *a = &p->apps[i];

                r = append_id(users, "65534::/:/bin/sh", a->account.uid);
                if (r >= 0)
                        r = append_id(groups, "", a->account.gid);
                for (size_t k = 0; r >= 0 && k < a->n_groups; k++)
                        r = append_id(groups, "", a->groups[k]);
        }
        if (r >= 0)
                r = string_buf_append(users, "\n");
        return r < 0 ? r : string_buf_append(groups, "\n");
}

static bool knows_root_only(const PodPlan *p) {
        for (size_t i = 0; i < p->n_apps; i++)
                if (p->apps[i].account.uid != 0 || p->apps[i].account.gid != 0 || p->apps[i].n_groups > 0)
                        return false;
        return true;
}

static int write_accounts(const PodPlan *p, int stage1_fd, Diag *diag) {
        _cleanup_(string_buf_done) StringBuf users = {}, groups = {};
        int r;

        /* Then the image's own files do. */
        if (knows_root_only(p))
                return 0;
        r = string_buf_append(&users, "root:x:0:0:root:/root:/bin/sh");
        if (r >= 0)
                r = string_buf_append(&groups, "root:x:0:");
        if (r >= 0)
                r = format_accounts(p, &users, &groups);
        if (r >= 0)
                r = write_file(stage1_fd, "etc/passwd", O_TRUNC, users.data, diag);
        return r < 0 ? r : write_file(stage1_fd, "etc/group", O_TRUNC, groups.data, diag);
}

/* The host name comes with systemd-nspawn's arguments. */
static int write_machine_id(const PodPlan *p, int stage1_fd, Diag *diag) {
        char id[2 * sizeof(Uuid) + 2], *to = id;

        for (const char *c = p->uuid; *c && to < id + sizeof(id) - 2; c++)
                if (*c != '-')
                        *to++ = *c;
        *to++ = '\n';
        *to = 0;
        return write_file(stage1_fd, "etc/machine-id", O_TRUNC, id, diag);
}

int stage1_files_write(const PodPlan *p, int stage1_fd, Diag *diag) {
        int r;

        r = write_machine_id(p, stage1_fd, diag);
        if (r >= 0)
                r = write_accounts(p, stage1_fd, diag);
        for (size_t i = 0; r >= 0 && i < p->n_apps; i++)
                r = enter_notes_write(&p->apps[i], stage1_fd, diag);
        return r;
}

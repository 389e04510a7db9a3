/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdarg.h>

#include "basic/fs-util.h"
#include "stage1/unit-app.h"
#include "stage1/units.h"

/* An app is APP.service. Our own services have an "@" in their names, which app names cannot have, but for
 * the two that systemd knows by name.
 *
 * supervisor.socket costs no process. Its node appears when all apps are started: that is
 * STAGE1_READY_PATH. It is taken away again before the apps are stopped in an orderly shutdown, which is
 * how a reaper tells that from an app that dies by itself: so it has to be ordered after each app itself.
 *
 * apps.target pulls in the apps, and is reached when they are started. What they say waits in journald's
 * sockets, and journald waits for them where it can, so that they have the processors first. It must not if
 * anything of an app takes its time to be started: that could fill the sockets, and then each would wait
 * for the other. */

#define UNITS_DIR "etc/systemd/system"

static const char *const reserved[] = { "dbus", "systemd-journald" };

void unit_list_done(UnitList *l) {
        for (size_t i = 0; i < l->n; i++) {
                free(l->items[i].name);
                free(l->items[i].text);
        }
        free(l->items);
        *l = (UnitList) {};
}

bool unit_name_is_reserved(const char *app_name) {
        for (size_t i = 0; i < ELEMENTSOF(reserved); i++)
                if (streq(reserved[i], app_name))
                        return true;
        return false;
}

int unit_list_add(UnitList *l, const char *name, UnitText *text) {
        _cleanup_free_ char *copy = NULL;
        UnitFile *items;

        if (text->error < 0)
                return text->error;
        copy = strdup(name);
        if (!copy)
                return -ENOMEM;
        items = reallocarray(l->items, l->n + 1, sizeof(UnitFile));
        if (!items)
                return -ENOMEM;
        l->items = items;
        items[l->n] = (UnitFile) { .name = TAKE_PTR(copy), .text = string_buf_take(&text->buf) };
        return items[l->n++].text ? 0 : -ENOMEM;
}

void unit_text_done(UnitText *t) {
        string_buf_done(&t->buf);
}

void unit_text_line(UnitText *t, const char *format, ...) {
        va_list ap;

        if (t->error < 0)
                return;
        va_start(ap, format);
        t->error = string_buf_vprintf(&t->buf, format, ap);
        va_end(ap);
        if (t->error >= 0)
                t->error = string_buf_append(&t->buf, "\n");
}

static void append_after_apps(const PodPlan *p, UnitText *t) {
        for (size_t i = 0; i < p->n_apps; i++)
                unit_text_line(t, "After=%s.service", p->apps[i].name);
}

static bool starts_at_once(const PodPlan *p) {
        for (size_t i = 0; i < p->n_apps; i++)
                if (p->apps[i].notify || p->apps[i].pre_start)
                        return false;
        return true;
}

static int add_apps_target(const PodPlan *p, UnitList *l, Diag *diag) {
        _cleanup_(unit_text_done) UnitText t = { .diag = diag };

        unit_text_line(&t, "[Unit]\nDescription=Apps of Pod %s\nDefaultDependencies=no", p->uuid);
        for (size_t i = 0; i < p->n_apps; i++)
                unit_text_line(&t, "Wants=%s.service", p->apps[i].name);
        append_after_apps(p, &t);
        if (starts_at_once(p))
                unit_text_line(&t, "Before=systemd-journald.service");
        return unit_list_add(l, "apps.target", &t);
}

static int add_supervisor_socket(const PodPlan *p, UnitList *l, Diag *diag) {
        _cleanup_(unit_text_done) UnitText t = { .diag = diag };

        unit_text_line(&t, "[Unit]\nDescription=Supervisor of the Pod\nDefaultDependencies=no");
        unit_text_line(&t, "Conflicts=shutdown.target\nBefore=shutdown.target");
        append_after_apps(p, &t);
        unit_text_line(&t, "\n[Socket]\nListenStream=/" STAGE1_READY_PATH "\nSocketMode=0600");
        unit_text_line(&t, "RemoveOnStop=yes\nAccept=yes");
        return unit_list_add(l, "supervisor.socket", &t);
}

int units_make(const PodPlan *p, UnitList *ret, Diag *diag) {
        _cleanup_(unit_list_done) UnitList l = {};
        int r;

        r = add_apps_target(p, &l, diag);
        if (r >= 0)
                r = add_supervisor_socket(p, &l, diag);
        for (size_t i = 0; r >= 0 && i < p->n_apps; i++) {
                const AppPlan *a = &p->apps[i];

                if (unit_name_is_reserved(a->name)) {
                        diag_set(diag, -EINVAL, "an app cannot have the name \"%s\", which stage1 uses",
                                 a->name);
                        return diag_hint(diag, -EINVAL, "give it another one with --name");
                }
                r = unit_app_add(p, a, &l, diag);
                if (r < 0 && r != -ENOMEM)
                        return diag_wrap(diag, r, "cannot make the unit of app \"%s\"", a->name);
        }
        if (r < 0)
                return r;

        *ret = l;
        l = (UnitList) {};
        return 0;
}

int units_write(const UnitList *l, int stage1_fd, Diag *diag) {
        _cleanup_close_ int dir_fd = -EBADF;

        dir_fd = openat(stage1_fd, UNITS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dir_fd < 0)
                return diag_errno(diag, -errno, "cannot open \"%s\" in stage1", UNITS_DIR);

        for (size_t i = 0; i < l->n; i++) {
                const UnitFile *f = &l->items[i];
                _cleanup_close_ int fd = -EBADF;
                int r;

                fd = openat(dir_fd, f->name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
                r = fd < 0 ? -errno : fd_write_all(fd, f->text, strlen(f->text));
                if (r < 0)
                        return diag_errno(diag, r, "cannot write unit \"%s\"", f->name);
        }
        return 0;
}

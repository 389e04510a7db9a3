/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "appc/isolators.h"
#include "basic/fd-util.h"
#include "basic/path-util.h"
#include "stage1/enter-child.h"

/* Entering must never give more than the app has. The child has all rights of the host's root when it
 * begins, and gives them up in this order, since each step needs what the next ones take away:
 *
 *  1. the app's control groups, while the host's are in sight; 2. its namespaces, the mount namespace last;
 *     its root directory; its working directory, found inside; 3. what is inherited otherwise: session
 *     keyring, resource limits, terminal, fds; 4. the bounding set, groups, group, user. CAP_SYS_ADMIN
 *     alone is kept, for 5; 5. no-new-privileges if the app has it; its filters; 6. execve() takes
 *     CAP_SYS_ADMIN away: for root it computes the capabilities from the bounding set, for others there
 *     are none.
 *
 * Nothing of the app's files is read before the execve(): no NSS, no locale, no library. The process is not
 * dumpable and thus closed to the app's processes, which see it from step 2 on. */

static const struct {
        const char *name;
        int flag;
} namespace_rows[ENTER_NAMESPACES] = {
        { "ns/cgroup", CLONE_NEWCGROUP },
        { "ns/ipc", CLONE_NEWIPC },
        { "ns/uts", CLONE_NEWUTS },
        { "ns/net", CLONE_NEWNET },
        { "ns/mnt", CLONE_NEWNS },
};

#define PATH_FALLBACK "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

void enter_done(Enter *e) {
        enter_notes_done(&e->notes);
        app_process_done(&e->app);
        filter_list_done(&e->filters);
        e->pid_namespace = safe_close(e->pid_namespace);
        e->root = safe_close(e->root);
        for (size_t i = 0; i < ENTER_NAMESPACES; i++)
                e->namespaces[i] = safe_close(e->namespaces[i]);
        while (e->n_cgroups > 0)
                (void) safe_close(e->cgroups[--e->n_cgroups]);
        enter_pty_done(&e->pty);
}

int enter_open(Enter *e, Diag *diag) {
        int r;

        for (size_t i = 0; i < ENTER_NAMESPACES; i++) {
                e->namespaces[i] = app_process_open(&e->app, namespace_rows[i].name, O_RDONLY);
                if (e->namespaces[i] < 0)
                        return diag_errno(diag, e->namespaces[i], "cannot open \"%s\" of the app",
                                          namespace_rows[i].name);
        }
        e->pid_namespace = app_process_open(&e->app, "ns/pid", O_RDONLY);
        e->root = app_process_open(&e->app, "root", O_PATH | O_DIRECTORY);
        if (e->pid_namespace < 0 || e->root < 0)
                return diag_errno(diag, e->root < 0 ? e->root : e->pid_namespace,
                                  "cannot open the app's root");

        r = app_process_limits(&e->app, e->limits);
        if (r < 0)
                return diag_errno(diag, r, "cannot read the app's resource limits");
        if (e->app.filtered)
                r = filter_list_read(e->app.pid, &e->filters, diag);
        if (r < 0)
                return r;
        r = cgroup_open_procs(e->app.cgroups, e->cgroups, &e->n_cgroups);
        if (r < 0)
                return diag_errno(diag, r, "cannot open the app's control group");
        return app_process_check(&e->app) < 0 ? diag_set(diag, -ESRCH, "the app has ended") : 0;
}

static int join_cgroups(const Enter *e) {
        for (size_t i = 0; i < e->n_cgroups; i++)
                if (write(e->cgroups[i], "0", 1) != 1)
                        return -errno;
        return 0;
}

static int join_namespaces(const Enter *e) {
        for (size_t i = 0; i < ENTER_NAMESPACES; i++)
                if (setns(e->namespaces[i], namespace_rows[i].flag) < 0)
                        return -errno;
        if (fchdir(e->root) < 0 || chroot(".") < 0)
                return -errno;
        /* By its path inside the new root: whatever it is there, it is not outside. */
        return chdir(e->notes.working_directory) < 0 && chdir("/") < 0 ? -errno : 0;
}

/* Raising one may be refused, if this process was started with less than systemd. */
static int set_limits(const Enter *e) {
        for (int i = 0; i < (int) RLIM_NLIMITS; i++)
                if (setrlimit((enum __rlimit_resource) i, &e->limits[i]) < 0 && errno != EPERM)
                        return -errno;
        return 0;
}

static int set_stdio(const Enter *e) {
        if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
                return -errno;
        if (setsid() < 0)
                return -errno;
        if (e->pty.slave >= 0 && ioctl(e->pty.slave, TIOCSCTTY, 0) < 0)
                return -errno;
        /* Every terminal of the caller's is replaced. */
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                if (isatty(fd) && (e->pty.slave < 0 || dup2(e->pty.slave, fd) < 0))
                        return -ENOTTY;
        return syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) < 0 ? -errno : 0;
}

static int reset_signals(void) {
        sigset_t none;

        for (int i = 1; i < NSIG; i++)
                (void) signal(i, SIG_DFL);
        sigemptyset(&none);
        return sigprocmask(SIG_SETMASK, &none, NULL) < 0 ? -errno : 0;
}

static int drop_bounding_set(uint64_t keep) {
        for (unsigned i = 0; i < 64; i++)
                if (!(keep & (1ULL << i)) && prctl(PR_CAPBSET_READ, i) == 1 && prctl(PR_CAPBSET_DROP, i) < 0)
                        return -errno;
        return 0;
}

/* Inheritable and ambient sets become empty, as those of the app are. What root shall have after execve()
 * must be permitted before: with no-new-privileges nothing can be gained. */
static int limit_capabilities(uint64_t bounding) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
                { .permitted = (uint32_t) bounding },
                { .permitted = (uint32_t) (bounding >> 32) },
        };

        data[CAP_TO_INDEX(CAP_SYS_ADMIN)].permitted |= CAP_TO_MASK(CAP_SYS_ADMIN);
        data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective = CAP_TO_MASK(CAP_SYS_ADMIN);

        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
                return -errno;
        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int drop_privileges(const Enter *e) {
        const EnterNotes *n = &e->notes;
        uint64_t bounding = e->app.bounding & n->capabilities;
        int r;

        r = drop_bounding_set(bounding);
        if (r < 0)
                return r;
        /* Keeping capabilities over the change of user; execve() clears this flag, and with it what was
         * kept. */
        if (prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS) < 0 || setgroups(n->n_groups, n->groups) < 0 ||
            setresgid(n->gid, n->gid, n->gid) < 0 || setresuid(n->uid, n->uid, n->uid) < 0)
                return -errno;
        r = limit_capabilities(bounding);
        if (r < 0)
                return r;
        if ((n->no_new_privileges || e->app.no_new_privileges) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -errno;
        return 0;
}

static int search(char *const *command, char *const *env) {
        const char *path = strv_env_get(env, "PATH");
        _cleanup_strv_free_ char **dirs = NULL;
        int r, error = -ENOENT;

        if (strchr(command[0], '/')) {
                execve(command[0], command, env);
                return -errno;
        }
        r = strv_split(path ?: PATH_FALLBACK, ":", &dirs);
        if (r < 0)
                return r;
        STRV_FOREACH(dir, dirs) {
                _cleanup_free_ char *file = path_join(isempty(*dir) ? "." : *dir, command[0]);

                if (!file)
                        return -ENOMEM;
                execve(file, command, env);
                if (errno != ENOENT && errno != ENOTDIR)
                        error = -errno;
        }
        return error;
}

static int make_environment(const Enter *e, char ***ret) {
        const char *term = getenv("TERM");
        _cleanup_free_ char *assignment = strjoin("TERM=", term ?: "vt100", NULL);

        *ret = strv_copy(e->notes.environment);
        return *ret && assignment ? strv_env_set(ret, assignment) : -ENOMEM;
}

int enter_child_run(const Enter *e, char *const *command, Diag *diag) {
        _cleanup_strv_free_ char **env = NULL;
        int r;

        r = make_environment(e, &env);
        if (r >= 0)
                r = join_cgroups(e);
        if (r < 0)
                return diag_errno(diag, r, "cannot enter the app's control group");
        r = set_limits(e);
        if (r < 0)
                return diag_errno(diag, r, "cannot take over the app's resource limits");
        r = join_namespaces(e);
        if (r < 0)
                return diag_errno(diag, r, "cannot enter the app's namespaces");
        r = set_stdio(e);
        if (r >= 0)
                r = reset_signals();
        if (r < 0)
                return diag_errno(diag, r, "cannot set up the command's standard streams");
        umask(0022);
        r = drop_privileges(e);
        if (r < 0)
                return diag_errno(diag, r, "cannot give up privileges");
        r = filter_list_install(&e->filters);
        if (r < 0)
                return diag_errno(diag, r, "cannot install the app's system call filters");

        r = search(command, env);
        return diag_errno(diag, r, "cannot execute \"%s\"", command[0]);
}

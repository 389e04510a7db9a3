/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "basic/process-util.h"
#include "layout/exit-code.h"
#include "layout/stage1.h"
#include "stage1/exec-diagnosis.h"
#include "stage1/units.h"

/* Runs in the pod, in stage1's root and as root:
 *   reaper [--failure-only] APP PROGRAM   as ExecStopPost= of an app: writes its exit status
 *   reaper --exit APP                     as failed@APP.service: exits with that status, which becomes the
 *   pod's
 *
 * The status of an app that exited is its exit code. If a signal killed it, it is 128 + signal, but 0 if
 * that was in the course of an orderly stop. Then the pod's systemd has taken away the node
 * STAGE1_READY_PATH, or, if only this app is being stopped, has a job for it. (Before all apps are started
 * there is no such node either. What systemd takes for a success counts as a stop then.) systemd takes some
 * signals for a success wherever they come from; a reaper that fails makes it a failure. */

#define FAILED_FILE "/run/rkt-failed"
#define STATUS_MISSING_PROGRAM 203 /* systemd could not execute it */
#define SYSTEMCTL "/usr/bin/systemctl"

static int signal_from_name(const char *name) {
        for (int i = 1; i < NSIG; i++) {
                const char *abbreviation = sigabbrev_np(i);

                if (abbreviation && streq(abbreviation, name))
                        return i;
        }
        return 0;
}

/* Whether systemd has a job for the app, which can only be its stop. Asked only for an app that dies of a
 * signal while the pod goes on. */
static bool app_has_job(const char *app) {
        _cleanup_free_ char *unit = strjoin(app, ".service", NULL), *text = NULL;
        _cleanup_close_ int output = -EBADF;
        size_t size;
        pid_t pid;
        int code;

        output = memfd_create("job", MFD_CLOEXEC);
        if (!unit || output < 0)
                return false;
        const SpawnArgs args = {
                .path = SYSTEMCTL,
                .argv = (char *[]) { (char *) SYSTEMCTL, (char *) "show", (char *) "--property=Job",
                                     (char *) "--value", unit, NULL },
                .stdin_fd = -EBADF,
                .stdout_fd = output,
                .stderr_fd = -EBADF,
        };
        if (process_spawn(&args, &pid) < 0 || process_wait(pid, USEC_INFINITY, &code) < 0 || code != 0 ||
            lseek(output, 0, SEEK_SET) < 0 || fd_read_all(output, PATH_MAX, &text, &size) < 0)
                return false;
        return *strstrip(text) && !streq(strstrip(text), "0");
}

/* systemd stopped it, with SIGTERM or at last with SIGKILL, or it died of a signal that systemd takes for a
 * success. */
static bool is_orderly_stop(const char *app, const char *result) {
        if (!streq(result, "success") && !streq(result, "timeout"))
                return false;
        return access("/" STAGE1_READY_PATH, F_OK) < 0 || app_has_job(app);
}

/* As systemd.exec(5) describes the variables. */
static int exit_status(const char *app, const char *result) {
        const char *code = strempty(getenv("EXIT_CODE")), *status = strempty(getenv("EXIT_STATUS"));
        uint32_t n;

        if (streq(code, "exited"))
                return parse_u32(status, &n) >= 0 && n <= 255 ? (int) n : EXIT_RKT_FAILURE;
        if (streq(code, "killed") || streq(code, "dumped"))
                return is_orderly_stop(app, result) ? 0 : 128 + signal_from_name(status);
        return EXIT_RKT_FAILURE;
}

static int reap(const char *app, const char *program, bool failure_only) {
        _cleanup_close_ int root_fd = -EBADF;
        const char *result = strempty(getenv("SERVICE_RESULT"));
        int code, r;

        code = exit_status(app, result);
        if (failure_only && streq(result, "success"))
                return 0;
        if (code == STATUS_MISSING_PROGRAM)
                exec_diagnosis_print(app, program);

        root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        r = root_fd < 0 ? -errno : stage1_status_write(root_fd, app, code);
        if (r < 0) {
                fprintf(stderr, "cannot write the exit status of app \"%s\": %s\n", app, strerror(-r));
                return EXIT_RKT_FAILURE;
        }
        return streq(result, "success") ? code : 0;
}

/* Of several apps that fail at once, the first one's status is the pod's: the later find its note. */
static int first_failure(int code) {
        _cleanup_free_ char *text = xasprintf("%d\n", code), *first = NULL;
        _cleanup_close_ int fd = -EBADF;
        uint32_t n;
        size_t size;

        fd = open(FAILED_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0) {
                if (text)
                        (void) fd_write_all(fd, text, strlen(text));
                return code;
        }
        if (file_read_at(AT_FDCWD, FAILED_FILE, PATH_MAX, &first, &size) >= 0 &&
            parse_u32(strstrip(first), &n) >= 0 && n > 0 && n <= 255)
                return (int) n;
        return code;
}

static int fail(const char *app) {
        _cleanup_close_ int root_fd = -EBADF;
        int code;

        root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (root_fd < 0 || stage1_status_read(root_fd, app, &code) < 0 || code == 0)
                code = EXIT_RKT_FAILURE;
        return first_failure(code);
}

int main(int argc, char **argv) {
        bool failure_only = argc == 4 && streq(argv[1], "--failure-only");

        process_init();
        if (argc == 3 && streq(argv[1], "--exit"))
                return fail(argv[2]);
        if (failure_only || argc == 3)
                return reap(argv[argc - 2], argv[argc - 1], failure_only);
        return EXIT_RKT_FAILURE;
}

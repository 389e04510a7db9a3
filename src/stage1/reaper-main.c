/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "basic/process-util.h"
#include "layout/exit-code.h"
#include "layout/stage1.h"
#include "stage1/enter-notes.h"
#include "stage1/exec-diagnosis.h"

/* Runs in the pod, in stage1's root and as root:
 *   reaper --ended APP    as ended@APP.service, when systemd takes the end of the app for a success
 *   reaper --failed APP   as failed@APP.service and failed-early@APP.service, when it does not
 *
 * Both write the app's exit status. That is its exit code; if a signal killed it, 128 + signal, but 0 if
 * that was in the course of an orderly stop: when the whole pod is being stopped (STAGE1_READY_PATH is
 * there from the start of all apps until they are stopped), or when systemd had begun to stop this app.
 *
 * What a reaper exits with becomes the pod's code and ends it, if it is not 0. That is the status of an app
 * that has failed by itself. It can be so with --ended too: systemd takes some signals for a success,
 * wherever they come from. */

#define FAILED_FILE "/run/rkt-failed"
#define STATUS_MISSING_PROGRAM 203 /* systemd could not execute it */
#define SYSTEMCTL "/usr/bin/systemctl"
#define PROPERTIES_MAX 4096U
#define ACTIVE_STATE "ActiveState"
#define ACTIVE_EXIT "ActiveExitTimestampMonotonic"
#define PROCESS_START "ExecMainStartTimestampMonotonic"
#define PROCESS_EXIT "ExecMainExitTimestampMonotonic"

static int signal_from_name(const char *name) {
        for (int i = 1; i < NSIG; i++) {
                const char *abbreviation = sigabbrev_np(i);

                if (abbreviation && streq(abbreviation, name))
                        return i;
        }
        return 0;
}

static bool pod_is_up(void) {
        return access("/" STAGE1_READY_PATH, F_OK) >= 0;
}

/* The text that systemctl prints of some properties of the app, one a line. */
static int ask_systemd(const char *app, char **ret) {
        _cleanup_free_ char *unit = strjoin(app, ".service", NULL);
        _cleanup_close_ int output = memfd_create("properties", MFD_CLOEXEC);
        size_t size;
        pid_t pid;
        int code, r;

        if (!unit || output < 0)
                return -ENOMEM;
        const SpawnArgs args = {
                .path = SYSTEMCTL,
                .argv = (char *[]) { (char *) SYSTEMCTL, (char *) "show",
                                     (char *) "--property=" ACTIVE_STATE "," ACTIVE_EXIT "," PROCESS_START
                                     "," PROCESS_EXIT, unit, NULL },
                .stdin_fd = -EBADF,
                .stdout_fd = output,
                .stderr_fd = -EBADF,
        };
        r = process_spawn(&args, &pid);
        if (r >= 0)
                r = process_wait(pid, USEC_INFINITY, &code);
        if (r < 0)
                return r;
        if (code != 0 || lseek(output, 0, SEEK_SET) < 0)
                return -EIO;
        return fd_read_all(output, PROPERTIES_MAX, ret, &size);
}

/* The value, up to the end of its line; NULL. */
static char *find_property(const char *text, const char *name) {
        const char *at = strstr(text, name);

        if (!at)
                return NULL;
        at += strlen(name) + 1;
        return strndup(at, strcspn(at, "\n"));
}

static uint64_t find_time(const char *text, const char *name) {
        _cleanup_free_ char *value = find_property(text, name);
        uint64_t n;

        return value && parse_u64(value, &n) >= 0 ? n : 0;
}

/* Of the app as it is now. */
typedef struct AppState {
        bool going_on;    /* it is being restarted */
        bool was_stopped; /* systemd had begun to stop it before its process ended */
} AppState;

/* This costs a few milliseconds, so it is asked only where it makes a difference. */
static AppState ask_for_state(const char *app) {
        _cleanup_free_ char *text = NULL, *state = NULL;
        uint64_t active_exit;

        if (ask_systemd(app, &text) < 0)
                return (AppState) {};
        state = find_property(text, ACTIVE_STATE);
        active_exit = find_time(text, ACTIVE_EXIT);
        return (AppState) {
                .going_on = state && !streq(state, "inactive") && !streq(state, "failed"),
                .was_stopped = active_exit >= find_time(text, PROCESS_START) &&
                        active_exit < find_time(text, PROCESS_EXIT),
        };
}

/* What systemd says of the unit that triggered this one, systemd.exec(5). orderly: of an app that a signal
 * killed. */
static int exit_status(bool orderly) {
        const char *code = strempty(getenv("MONITOR_EXIT_CODE"));
        const char *status = strempty(getenv("MONITOR_EXIT_STATUS"));
        uint32_t n;

        if (streq(code, "exited"))
                return parse_u32(status, &n) >= 0 && n <= 255 ? (int) n : EXIT_RKT_FAILURE;
        if (streq(code, "killed") || streq(code, "dumped"))
                return orderly ? 0 : 128 + signal_from_name(status);
        return EXIT_RKT_FAILURE;
}

static int write_status(const char *app, int code) {
        _cleanup_close_ int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int r;

        r = root_fd < 0 ? -errno : stage1_status_write(root_fd, app, code);
        if (r < 0)
                fprintf(stderr, "cannot write the exit status: %s\n", strerror(-r));
        return r;
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

static int ended(const char *app) {
        bool killed = streq(strempty(getenv("MONITOR_EXIT_CODE")), "killed");
        AppState state = { .was_stopped = true };
        int code;

        /* systemd passes through here on the way to a restart too. */
        if (!getenv("MONITOR_EXIT_CODE") || !streq(strempty(getenv("MONITOR_SERVICE_RESULT")), "success"))
                return 0;
        if (killed && pod_is_up())
                state = ask_for_state(app);
        if (state.going_on)
                return 0;
        code = exit_status(state.was_stopped);
        if (write_status(app, code) < 0)
                return EXIT_RKT_FAILURE;
        return code == 0 ? 0 : first_failure(code);
}

static void diagnose(const char *app) {
        _cleanup_close_ int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_(enter_notes_done) EnterNotes notes = {};

        if (root_fd >= 0 && enter_notes_read(root_fd, app, &notes, /* diag= */ NULL) >= 0)
                exec_diagnosis_print(app, notes.program);
}

static int failed(const char *app) {
        const char *result = strempty(getenv("MONITOR_SERVICE_RESULT"));
        AppState state;
        int code;

        /* It has not run, because something that it requires has failed: that has a reaper of its own. */
        if (!getenv("MONITOR_EXIT_CODE") && streq(result, "success"))
                return 0;
        state = ask_for_state(app);
        /* The last of systemd's signals, after the time that an app has to obey the first. */
        code = exit_status(streq(result, "timeout") && (state.was_stopped || !pod_is_up()));
        if (code == STATUS_MISSING_PROGRAM)
                diagnose(app);
        if (write_status(app, code) < 0)
                return EXIT_RKT_FAILURE;
        return state.was_stopped ? 0 : first_failure(code > 0 ? code : EXIT_RKT_FAILURE);
}

int main(int argc, char **argv) {
        process_init();
        if (argc == 3 && streq(argv[1], "--ended"))
                return ended(argv[2]);
        if (argc == 3 && streq(argv[1], "--failed"))
                return failed(argv[2]);
        return EXIT_RKT_FAILURE;
}

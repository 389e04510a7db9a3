/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>

#include "basic/fs-util.h"
#include "stage1/enter-pty.h"

/* The caller's terminal is put into raw mode: what is typed, ^C too, goes to the pty as it is, and the line
 * discipline there makes signals of it for the command. Without a terminal, signals to this process are
 * passed on. */

#define TTY_MAJOR_PTMX 5
#define TTY_MINOR_PTMX 2
#define COPY_SIZE 4096

static const int passed_signals[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };

typedef struct Relay {
        pid_t child;
        int pidfd, master, signals;
        int terminal;          /* ours, if there is one, else -EBADF */
        bool raw;
        struct termios saved;
} Relay;

void enter_pty_done(EnterPty *p) {
        p->master = safe_close(p->master);
        p->slave = safe_close(p->slave);
}

int enter_pty_open(int root_fd, int like_fd, EnterPty *ret, Diag *diag) {
        _cleanup_(enter_pty_done) EnterPty p = ENTER_PTY_NULL;
        struct winsize size;
        struct stat st;
        int unlock = 0;

        p.master = open_in_root(root_fd, "dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
        if (p.master < 0)
                return diag_errno(diag, p.master, "cannot open a terminal in the pod");
        /* The app's root could have put another device there. */
        if (fstat(p.master, &st) < 0)
                return -errno;
        if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(TTY_MAJOR_PTMX, TTY_MINOR_PTMX))
                return diag_set(diag, -EBADMSG, "/dev/pts/ptmx in the pod is not what it should be");

        if (ioctl(p.master, TIOCSPTLCK, &unlock) >= 0)
                p.slave = ioctl(p.master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (p.slave < 0)
                return diag_errno(diag, -errno, "cannot open a terminal in the pod");
        if (ioctl(like_fd, TIOCGWINSZ, &size) >= 0)
                (void) ioctl(p.master, TIOCSWINSZ, &size);

        *ret = p;
        p = ENTER_PTY_NULL;
        return 0;
}

static void make_raw(Relay *r) {
        struct termios t;

        if (r->terminal < 0 || tcgetattr(r->terminal, &r->saved) < 0)
                return;
        t = r->saved;
        cfmakeraw(&t);
        r->raw = tcsetattr(r->terminal, TCSADRAIN, &t) >= 0;
}

static void resize(const Relay *r) {
        struct winsize size;

        if (r->master >= 0 && r->terminal >= 0 && ioctl(r->terminal, TIOCGWINSZ, &size) >= 0)
                (void) ioctl(r->master, TIOCSWINSZ, &size);
}

/* 0: the end of it. */
static int copy_some(int from, int to) {
        char buf[COPY_SIZE];
        ssize_t n;

        n = read(from, buf, sizeof(buf));
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 1;
        return n > 0 && fd_write_all(to, buf, (size_t) n) >= 0;
}

static void handle_signal(const Relay *r) {
        struct signalfd_siginfo info;

        if (read(r->signals, &info, sizeof(info)) != sizeof(info))
                return;
        if (info.ssi_signo == SIGWINCH)
                resize(r);
        else
                (void) syscall(SYS_pidfd_send_signal, r->pidfd, (int) info.ssi_signo, NULL, 0);
}

/* What the command wrote before it ended is in the pty still. */
static void drain(const Relay *r) {
        struct pollfd p = { .fd = r->master, .events = POLLIN };

        while (poll(&p, 1, 0) > 0 && (p.revents & POLLIN) && copy_some(r->master, r->terminal) > 0)
                ;
}

static int relay(Relay *r) {
        struct pollfd fds[] = {
                { .fd = r->pidfd, .events = POLLIN },
                { .fd = r->signals, .events = POLLIN },
                { .fd = r->master, .events = POLLIN },
                { .fd = r->master >= 0 && isatty(STDIN_FILENO) ? STDIN_FILENO : -1, .events = POLLIN },
        };

        for (;;) {
                if (poll(fds, ELEMENTSOF(fds), -1) < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }
                if (fds[1].revents)
                        handle_signal(r);
                if (fds[2].revents && copy_some(r->master, r->terminal) <= 0)
                        fds[2].fd = -1;
                if (fds[3].revents && copy_some(STDIN_FILENO, r->master) <= 0)
                        fds[3].fd = -1;
                if (fds[0].revents) {
                        if (fds[2].fd >= 0)
                                drain(r);
                        return 0;
                }
        }
}

/* Output may go elsewhere: then what is typed is echoed to standard error, or to where it is typed. */
static int find_terminal(void) {
        return isatty(STDOUT_FILENO) ? STDOUT_FILENO : isatty(STDERR_FILENO) ? STDERR_FILENO : STDIN_FILENO;
}

int enter_wait(pid_t child, int pidfd, int master, int *ret_status) {
        Relay relay_state = { .child = child, .pidfd = pidfd, .master = master, .signals = -EBADF,
                              .terminal = -EBADF };
        sigset_t set;
        int r;

        sigemptyset(&set);
        sigaddset(&set, SIGWINCH);
        for (size_t i = 0; i < ELEMENTSOF(passed_signals); i++)
                sigaddset(&set, passed_signals[i]);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        relay_state.signals = signalfd(-1, &set, SFD_CLOEXEC);
        if (relay_state.signals < 0)
                return -errno;

        if (master >= 0)
                relay_state.terminal = find_terminal();
        if (master >= 0 && isatty(STDIN_FILENO))
                make_raw(&relay_state);
        r = relay(&relay_state);
        if (relay_state.raw)
                (void) tcsetattr(relay_state.terminal, TCSADRAIN, &relay_state.saved);
        (void) safe_close(relay_state.signals);
        if (r < 0)
                return r;

        while (waitpid(child, ret_status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return 0;
}

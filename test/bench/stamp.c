/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The app that is measured: "stamp FILE" writes the monotonic clock of its first instruction, in
 * microseconds, to FILE, says one line, and waits for SIGTERM. One static file, so that nothing but the start
 * is measured. */

static void on_term(int sig) {
        (void) sig;
        _exit(0);
}

int main(int argc, char **argv) {
        struct timespec ts;
        clock_gettime(CLOCK_MONOTONIC, &ts);
        char text[32];
        int n = snprintf(text, sizeof text, "%lld\n", (long long) ts.tv_sec * 1000000 + ts.tv_nsec / 1000);

        struct sigaction action = { .sa_handler = on_term };
        sigaction(SIGTERM, &action, NULL);
        int fd = argc > 1 ? open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : STDOUT_FILENO;
        if (fd < 0 || write(fd, text, (size_t) n) != n)
                return 1;
        if (argc > 2 && strcmp(argv[2], "once") == 0)
                return 0;
        for (;;)
                pause();
}

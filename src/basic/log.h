/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* Logging to stderr, for programs only: libraries use a Diag, or log_debug(). Lines are "PREFIX: text"; under
 * systemd (JOURNAL_STREAM matches stderr) each line carries its "<N>" syslog level. */

typedef enum LogLevel {
        LOG_LEVEL_ERROR,
        LOG_LEVEL_WARNING,
        LOG_LEVEL_INFO,
        LOG_LEVEL_DEBUG,
} LogLevel;

/* prefix: the program or verb, e.g. "run"; borrowed, must stay valid. */
void log_setup(const char *prefix, bool debug);
void log_set_prefix(const char *prefix);
bool log_debug_enabled(void);

void log_full(LogLevel level, const char *format, ...) _printf_(2, 3);
#define log_error(...) log_full(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_full(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_full(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) (log_debug_enabled() ? log_full(LOG_LEVEL_DEBUG, __VA_ARGS__) : (void) 0)

/* Logs "text: strerror(-error)" and returns error. */
int log_error_errno(int error, const char *format, ...) _printf_(2, 3);
int log_oom(void);
/* Logs the whole diag (or strerror(-error) if it is unset) with its causes and hint, and returns error. */
int log_diag(const Diag *d, int error);

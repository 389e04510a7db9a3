/* SPDX-License-Identifier: Apache-2.0 */
#include <curl/curl.h>
#include <inttypes.h>
#include <poll.h>

#include "basic/fd-util.h"
#include "basic/parse-util.h"
#include "basic/time-util.h"
#include "image/download-http.h"

/* Redirects are followed here, not by libcurl, so that every hop obeys the same rules: at most
 * REDIRECTS_MAX hops, https only (http only when asked for, and never from https), no credentials carried
 * over. Bodies other than that of the one 200 are never read.
 *
 * A body that breaks off is continued where it ended, if the server has told by a strong entity tag that
 * it would know whether it is still the same. */

#define REDIRECTS_MAX 10U
#define HEADERS_MAX (256U * 1024)
#define CONNECT_SECONDS 30L
#define PROGRESS_USEC (100 * USEC_PER_MSEC)
#define RESUMES_MAX 5U
#define RESUME_WAIT_MSEC 500 /* times the number of the attempt */

typedef struct Transfer {
        const DownloadRequest *request;
        const HttpSink *sink;
        CURL *curl;
        struct curl_slist *headers;
        char *etag;
        char *location;
        uint64_t range_start;  /* of a partial answer; UINT64_MAX: none */
        bool accepts_ranges;
        char *resume_etag;     /* not NULL: what it takes to continue the body */
        unsigned resumes;
        CURLcode code;         /* of the last request */
        uint64_t max_age;
        uint64_t length;       /* of this response's body; UINT64_MAX: not told */
        uint64_t total;        /* of the whole body; the same */
        size_t header_bytes;   /* of all hops */
        uint64_t body_bytes;
        usec_t last_progress;
        int error;             /* why a callback ended the transfer */
        bool body_refused;     /* the response's status has no use for a body */
        bool has_more_trust;   /* not all certificate authorities are loaded */
        char message[CURL_ERROR_SIZE];
} Transfer;

typedef struct ErrorRow {
        CURLcode code;
        int error;
} ErrorRow;

static const ErrorRow error_rows[] = {
        { CURLE_OUT_OF_MEMORY,            -ENOMEM          },
        { CURLE_UNSUPPORTED_PROTOCOL,     -EPROTONOSUPPORT },
        { CURLE_URL_MALFORMAT,            -EINVAL          },
        { CURLE_COULDNT_RESOLVE_HOST,     -EHOSTUNREACH    },
        { CURLE_COULDNT_RESOLVE_PROXY,    -EHOSTUNREACH    },
        { CURLE_COULDNT_CONNECT,          -ECONNREFUSED    },
        { CURLE_OPERATION_TIMEDOUT,       -ETIMEDOUT       },
        { CURLE_PEER_FAILED_VERIFICATION, -EPROTO          },
        { CURLE_SSL_CONNECT_ERROR,        -EPROTO          },
        { CURLE_SSL_CACERT_BADFILE,       -EPROTO          },
        { CURLE_SSL_CIPHER,               -EPROTO          },
        { CURLE_PARTIAL_FILE,             -ECONNRESET      },
        { CURLE_RECV_ERROR,               -ECONNRESET      },
        { CURLE_SEND_ERROR,               -ECONNRESET      },
        { CURLE_GOT_NOTHING,              -ECONNRESET      },
        { CURLE_FILESIZE_EXCEEDED,        -EFBIG           },
};

static int emit(Transfer *t, DownloadEvent e) {
        return t->sink->event(&e, t->sink->userdata);
}

/* The value of header "name: value\r\n" in line as a new string; NULL if it is another header. */
static char *header_value(const char *line, size_t size, const char *name) {
        size_t n = strlen(name);
        char *copy, *value;

        if (size <= n || strncasecmp(line, name, n) != 0 || line[n] != ':' || memchr(line, '\0', size))
                return NULL;
        copy = strndup(line + n + 1, size - n - 1);
        if (!copy)
                return NULL;
        value = strstrip(copy);
        memmove(copy, value, strlen(value) + 1);
        return copy;
}

static void reset_head(Transfer *t) {
        free(t->etag);
        free(t->location);
        t->etag = t->location = NULL;
        t->accepts_ranges = false;
        t->max_age = 0;
        t->length = t->range_start = UINT64_MAX;
        t->body_refused = true;
}

/* "bytes START-END/SIZE". */
static uint64_t parse_range_start(const char *value) {
        const char *start = startswith(value, "bytes ");
        _cleanup_free_ char *number = start ? strndup(start, strcspn(start, "-")) : NULL;
        uint64_t n;

        return number && parse_u64(number, &n) >= 0 ? n : UINT64_MAX;
}

static void take_string(char **member, char **value) {
        if (!*value)
                return;
        free(*member);
        *member = TAKE_PTR(*value);
}

static int take_header(Transfer *t, const char *line, size_t size) {
        _cleanup_free_ char *etag = header_value(line, size, "etag"),
                            *cache = header_value(line, size, "cache-control"),
                            *location = header_value(line, size, "location"),
                            *ranges = header_value(line, size, "accept-ranges"),
                            *range = header_value(line, size, "content-range"),
                            *length = header_value(line, size, "content-length");

        if (etag && etag_is_valid(etag))
                take_string(&t->etag, &etag);
        take_string(&t->location, &location);
        if (cache)
                t->max_age = cache_control_max_age(cache);
        if (ranges)
                t->accepts_ranges = streq(ranges, "bytes");
        if (range)
                t->range_start = parse_range_start(range);
        if (length && parse_u64(length, &t->length) < 0)
                return -EBADMSG;
        return 0;
}

/* The head of the answer to a request for the rest of the body. */
static int end_of_resumed_head(Transfer *t, long status) {
        if (status == 206 && t->range_start == t->body_bytes && streq_ptr(t->etag, t->resume_etag)) {
                t->body_refused = false;
                return 0;
        }
        /* Another body, or none: what came before can't be continued. */
        t->body_refused = true;
        return -ESTALE;
}

static void allow_resume(Transfer *t) {
        /* A weak tag may stay the same when bytes change. A deadline leaves no time for more. */
        if (t->accepts_ranges && t->etag && !startswith(t->etag, "W/") && t->request->total_seconds == 0)
                t->resume_etag = strdup(t->etag);
}

/* The empty line after a response's head. */
static int end_of_head(Transfer *t) {
        long status = 0;

        (void) curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
        if (status < 200)
                return 0;
        if (t->resume_etag)
                return end_of_resumed_head(t, status);
        t->body_refused = status != 200;
        if (status != 200 && status != 202 && status != 304)
                return 0;
        if (status == 200 && t->length != UINT64_MAX && t->length > t->request->max_bytes)
                return -EFBIG;
        t->total = t->length;
        if (status == 200)
                allow_resume(t);
        return emit(t, (DownloadEvent) { .kind = DOWNLOAD_RESPONSE, .a = (uint64_t) status, .b = t->max_age,
                                         .text = t->etag });
}

static size_t on_header(char *line, size_t one, size_t size, void *userdata) {
        Transfer *t = userdata;
        int e = 0;

        t->header_bytes += size;
        if (t->header_bytes > HEADERS_MAX)
                e = -EMSGSIZE;
        else if (size >= 5 && memcmp(line, "HTTP/", 5) == 0)
                reset_head(t);
        else if (size == 2 && memcmp(line, "\r\n", 2) == 0)
                e = end_of_head(t);
        else
                e = take_header(t, line, size);
        if (e < 0) {
                t->error = e;
                return 0;
        }
        return size;
}

static size_t on_body(char *data, size_t one, size_t size, void *userdata) {
        Transfer *t = userdata;
        int e = 0;

        if (t->body_refused)
                return 0;
        if (size > t->request->max_bytes - t->body_bytes)
                e = -EFBIG;
        else
                e = fd_write_all(t->sink->body_fd, data, size);
        if (e < 0) {
                t->error = e;
                return 0;
        }
        t->body_bytes += size;
        return size;
}

static int on_progress(void *userdata, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up_now) {
        Transfer *t = userdata;
        struct pollfd p = { .fd = t->sink->body_fd };
        usec_t time = now_usec(CLOCK_MONOTONIC);

        /* Whoever reads has gone away: no need to wait for the next byte to find out. */
        if (poll(&p, 1, 0) > 0 && p.revents & POLLERR) {
                t->error = -EPIPE;
                return 1;
        }
        if (t->body_bytes == 0 || time - t->last_progress < PROGRESS_USEC)
                return 0;
        t->last_progress = time;
        t->error = emit(t, (DownloadEvent) { .kind = DOWNLOAD_PROGRESS, .a = t->body_bytes, .b = t->total });
        return t->error < 0;
}

typedef struct LongOption {
        CURLoption option;
        long value;
} LongOption;

static CURLcode set_fixed_options(CURL *c) {
        static const LongOption fixed[] = {
                { CURLOPT_NOSIGNAL,          1                       },
                { CURLOPT_NOPROGRESS,        0                       },
                { CURLOPT_FOLLOWLOCATION,    0                       },
                { CURLOPT_NETRC,             CURL_NETRC_IGNORED      },
                { CURLOPT_HTTPAUTH,          (long) CURLAUTH_BASIC   },
                { CURLOPT_SSLVERSION,        CURL_SSLVERSION_TLSv1_2 },
                { CURLOPT_PROXY_SSLVERSION,  CURL_SSLVERSION_TLSv1_2 },
                { CURLOPT_CONNECTTIMEOUT,    CONNECT_SECONDS         },
                { CURLOPT_LOW_SPEED_LIMIT,   DOWNLOAD_STALL_RATE     },
                { CURLOPT_BUFFERSIZE,        256L * 1024             },
                { CURLOPT_HTTP_VERSION,      CURL_HTTP_VERSION_1_1   },
                { CURLOPT_SUPPRESS_CONNECT_HEADERS, 1                },
                { CURLOPT_DNS_CACHE_TIMEOUT, 60                      },
        };

        for (size_t i = 0; i < ELEMENTSOF(fixed); i++) {
                CURLcode e = curl_easy_setopt(c, fixed[i].option, fixed[i].value);
                if (e != CURLE_OK)
                        return e;
        }
        return CURLE_OK;
}

#define SET(t, option, value)                                                                    \
        do {                                                                                     \
                if (curl_easy_setopt((t)->curl, option, value) != CURLE_OK)                      \
                        return -ENOMEM;                                                          \
        } while (false)

/* Certificate authorities. The system has them twice: as a directory in which OpenSSL finds the few it
 * needs by name, and as one file that takes 50 ms to read. So the directory is tried first; request_once()
 * falls back on the file, which may have more. */
static int set_trust(Transfer *t, bool whole) {
        const HttpTrust *trust = t->sink->trust;
        const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
        struct curl_blob blob = { trust->bundle, trust->bundle_size, CURL_BLOB_NOCOPY };
        bool own = trust->bundle || trust->directory;

        t->has_more_trust = !own && !whole && info->capath && info->cainfo;
        SET(t, CURLOPT_CAPATH, own ? trust->directory : info->capath);
        SET(t, CURLOPT_CAINFO, own || t->has_more_trust ? NULL : info->cainfo);
        if (trust->bundle)
                SET(t, CURLOPT_CAINFO_BLOB, &blob);
        SET(t, CURLOPT_SSL_VERIFYPEER, t->request->insecure_tls ? 0L : 1L);
        SET(t, CURLOPT_SSL_VERIFYHOST, t->request->insecure_tls ? 0L : 2L);
        return 0;
}

static int set_options(Transfer *t) {
        if (set_fixed_options(t->curl) != CURLE_OK)
                return -ENOMEM;
        SET(t, CURLOPT_LOW_SPEED_TIME, (long) t->request->stall_seconds);
        SET(t, CURLOPT_TIMEOUT, (long) t->request->total_seconds);
        SET(t, CURLOPT_PROTOCOLS_STR, t->request->insecure_http ? "http,https" : "https");
        SET(t, CURLOPT_USERAGENT, "rkt/" RKT_VERSION);
        SET(t, CURLOPT_ERRORBUFFER, t->message);
        SET(t, CURLOPT_HEADERFUNCTION, on_header);
        SET(t, CURLOPT_HEADERDATA, t);
        SET(t, CURLOPT_WRITEFUNCTION, on_body);
        SET(t, CURLOPT_WRITEDATA, t);
        SET(t, CURLOPT_XFERINFOFUNCTION, on_progress);
        SET(t, CURLOPT_XFERINFODATA, t);
        return set_trust(t, /* whole= */ false);
}

static int transfer_error(const Transfer *t, CURLcode code, Diag *diag) {
        _cleanup_free_ char *text =
                string_escape(isempty(t->message) ? curl_easy_strerror(code) : t->message);

        switch (t->error) {
        case 0:
                break;
        case -EFBIG:
                return diag_set(diag, -EFBIG, "the server sends more than the allowed %" PRIu64 " bytes",
                                t->request->max_bytes);
        case -EMSGSIZE:
                return diag_set(diag, -EPROTO, "the server sends more than %u bytes of headers", HEADERS_MAX);
        case -EBADMSG:
                return diag_set(diag, -EPROTO, "the server sends a malformed Content-Length");
        case -ESTALE:
                return diag_set(diag, -ECONNRESET, "the connection broke, and the server can't continue");
        default:
                return diag_errno(diag, t->error, "failed to pass on the data");
        }
        for (size_t i = 0; i < ELEMENTSOF(error_rows); i++)
                if (error_rows[i].code == code)
                        return diag_set(diag, error_rows[i].error, "%s", strempty(text));
        return diag_set(diag, -EIO, "%s", strempty(text));
}

static int status_error(long status, Diag *diag) {
        int e = -EIO;

        if (status == 404 || status == 410)
                e = -ENOENT;
        else if (status == 401 || status == 403 || status == 407)
                e = -EACCES;
        return diag_set(diag, e, "bad HTTP status code: %ld", status);
}

static bool is_redirect(long status) {
        return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static int get_scheme(CURLU *url, char **ret) {
        char *scheme = NULL;

        if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
                return -EINVAL;
        *ret = scheme;
        return 0;
}

static void free_curl_string(char **s) {
        curl_free(*s);
}

/* The URL's scheme is one that may be spoken, coming from one of scheme "from" (NULL: the user). */
static int check_scheme(const Transfer *t, CURLU *url, const char *from, Diag *diag) {
        _cleanup_(free_curl_string) char *scheme = NULL;

        if (get_scheme(url, &scheme) < 0)
                return diag_set(diag, -EINVAL, "the URL is malformed");
        if (streq(scheme, "https"))
                return 0;
        if (!streq(scheme, "http"))
                return diag_set(diag, -EPROTONOSUPPORT, "refusing to follow a redirect to scheme \"%s\"",
                                scheme);
        if (!t->request->insecure_http)
                return diag_set(diag, -EPROTONOSUPPORT, "refusing to use plain http");
        if (from && streq(from, "https"))
                return diag_set(diag, -EPROTONOSUPPORT, "refusing to follow a redirect from https to http");
        return 0;
}

static int follow(Transfer *t, CURLU *url, Diag *diag) {
        _cleanup_(free_curl_string) char *from = NULL;

        if (isempty(t->location))
                return diag_set(diag, -EPROTO, "the server redirects to nowhere");
        if (get_scheme(url, &from) < 0)
                return -EINVAL;
        /* Relative to where we are, if it is relative. */
        if (curl_url_set(url, CURLUPART_URL, t->location, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
                return diag_set(diag, -EPROTO, "the server redirects to a malformed URL");
        /* Neither the user's nor the server's idea of credentials goes to another place. */
        (void) curl_url_set(url, CURLUPART_USER, NULL, 0);
        (void) curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
        return check_scheme(t, url, from, diag);
}

/* The only header beyond libcurl's own. */
static int set_request_header(Transfer *t, const char *name, const char *value) {
        _cleanup_free_ char *line = strjoin(name, ": ", value, NULL);
        struct curl_slist *list = line ? curl_slist_append(NULL, line) : NULL;

        if (!list)
                return -ENOMEM;
        curl_slist_free_all(t->headers);
        t->headers = list;
        SET(t, CURLOPT_HTTPHEADER, list);
        return 0;
}

static int perform(Transfer *t, CURLU *url) {
        SET(t, CURLOPT_CURLU, url);
        t->message[0] = '\0';
        t->code = curl_easy_perform(t->curl);
        if (t->code != CURLE_PEER_FAILED_VERIFICATION || !t->has_more_trust)
                return 0;
        int e = set_trust(t, /* whole= */ true);
        if (e >= 0)
                t->code = curl_easy_perform(t->curl);
        return e;
}

static bool can_resume(const Transfer *t) {
        static const CURLcode broken[] = { CURLE_PARTIAL_FILE,      CURLE_RECV_ERROR,
                                           CURLE_GOT_NOTHING,       CURLE_SEND_ERROR,
                                           CURLE_COULDNT_CONNECT,   CURLE_SSL_CONNECT_ERROR,
                                           CURLE_OPERATION_TIMEDOUT };

        if (!t->resume_etag || t->error < 0 || t->resumes >= RESUMES_MAX)
                return false;
        for (size_t i = 0; i < ELEMENTSOF(broken); i++)
                if (broken[i] == t->code)
                        return true;
        return false;
}

/* Asks for the rest of a body that broke off, as often as there is hope. */
static int resume(Transfer *t, CURLU *url) {
        int e = 0;

        while (e >= 0 && can_resume(t)) {
                _cleanup_free_ char *range = xasprintf("%" PRIu64 "-", t->body_bytes);
                struct pollfd p = { .fd = t->sink->body_fd };

                /* Waits, unless the body's reader goes away meanwhile. */
                if (!range || poll(&p, 1, (int) (RESUME_WAIT_MSEC * ++t->resumes)) > 0)
                        return range ? 0 : -ENOMEM;
                SET(t, CURLOPT_RANGE, range);
                e = set_request_header(t, "If-Range", t->resume_etag);
                if (e >= 0)
                        e = perform(t, url);
        }
        return e;
}

/* One request and its response. 1: a redirect. */
static int request_once(Transfer *t, CURLU *url, Diag *diag) {
        long status = 0;
        int e;

        e = perform(t, url);
        if (e >= 0)
                e = resume(t, url);
        if (e < 0)
                return e;
        (void) curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
        if (t->code != CURLE_OK && !(t->code == CURLE_WRITE_ERROR && t->body_refused && t->error == 0))
                return transfer_error(t, t->code, diag);
        if (is_redirect(status))
                return 1;
        if (status != 200 && status != 202 && status != 304 && !(status == 206 && t->resumes > 0))
                return status_error(status, diag);
        return 0;
}

static int run_hops(Transfer *t, CURLU *url, Diag *diag) {
        int e;

        if (curl_url_set(url, CURLUPART_URL, t->request->url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
                return diag_set(diag, -EINVAL, "the URL is malformed");
        e = check_scheme(t, url, NULL, diag);
        if (e < 0)
                return e;
        for (unsigned hop = 0;; hop++) {
                e = request_once(t, url, diag);
                if (e <= 0)
                        return e;
                if (hop >= REDIRECTS_MAX)
                        return diag_set(diag, -ELOOP, "too many redirects");
                e = follow(t, url, diag);
                if (e < 0)
                        return e;
        }
}

int http_setup(Diag *diag) {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                return diag_set(diag, -ENOMEM, "failed to initialise libcurl");
        return 0;
}

int http_download(const DownloadRequest *r, const HttpSink *sink, Diag *diag) {
        Transfer t = { .request = r, .sink = sink, .length = UINT64_MAX, .body_refused = true };
        CURLU *url = curl_url();
        int e = -ENOMEM;

        t.curl = curl_easy_init();
        if (t.curl && url)
                e = set_options(&t);
        if (e >= 0 && !isempty(r->etag) && etag_is_valid(r->etag))
                e = set_request_header(&t, "If-None-Match", r->etag);
        if (e >= 0)
                e = run_hops(&t, url, diag);
        if (e >= 0)
                e = emit(&t, (DownloadEvent) { .kind = DOWNLOAD_DONE, .a = t.body_bytes });

        curl_easy_cleanup(t.curl);
        curl_url_cleanup(url);
        curl_slist_free_all(t.headers);
        free(t.etag);
        free(t.resume_etag);
        free(t.location);
        return e;
}

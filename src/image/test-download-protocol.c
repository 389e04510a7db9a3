/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/test.h"
#include "image/download-protocol.h"

TEST(request_round_trip) {
        DownloadRequest r = {
                .url = (char *) "https://u:p@h/x y\n",
                .etag = (char *) "\"e\"",
                .max_bytes = UINT64_MAX,
                .stall_seconds = 1,
                .total_seconds = 2,
                .insecure_tls = true,
        };
        _cleanup_(download_request_done) DownloadRequest back = {};
        _cleanup_(string_buf_done) StringBuf text = {};

        CHECK_INT(download_request_format(&r, &text), 0);
        CHECK_INT(download_request_parse(text.data, text.size, &back), 0);
        CHECK_STR(back.url, r.url);
        CHECK_STR(back.etag, r.etag);
        CHECK(back.max_bytes == UINT64_MAX);
        CHECK_INT(back.stall_seconds, 1);
        CHECK_INT(back.total_seconds, 2);
        CHECK(back.insecure_tls && !back.insecure_http);
}

TEST(bad_requests) {
        static const struct {
                const char *data;
                size_t size;
        } cases[] = {
                { "", 0 },
                { "url=x", 5 },
                { "url=x\0", 6 },
                { "url=x\0max-bytes=1\0", 18 },
                { "max-bytes=1\0stall-seconds=1\0", 28 },
                { "url=x\0max-bytes=-1\0stall-seconds=1\0", 35 },
                { "url=x\0max-bytes=1\0stall-seconds=1\0more=1\0", 41 },
                { "url=x\0max-bytes=1\0stall-seconds=1\0\0", 35 },
                { "url=x\0urlx=1\0max-bytes=1\0stall-seconds=1\0", 41 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(download_request_done) DownloadRequest r = {};
                CHECK_INT(download_request_parse(cases[i].data, cases[i].size, &r), -EBADMSG);
        }
}

TEST(event_round_trip) {
        static const DownloadEvent events[] = {
                { .kind = DOWNLOAD_RESPONSE, .a = 200, .b = 60, .text = (char *) "\"a b\"" },
                { .kind = DOWNLOAD_PROGRESS, .a = 1, .b = UINT64_MAX },
                { .kind = DOWNLOAD_DONE, .a = 12345 },
                { .kind = DOWNLOAD_ERROR, .a = ENOENT, .text = (char *) "bad HTTP status code: 404" },
        };

        for (size_t i = 0; i < ELEMENTSOF(events); i++) {
                _cleanup_(download_event_done) DownloadEvent back = {};
                _cleanup_(string_buf_done) StringBuf line = {};

                CHECK_INT(download_event_format(events + i, &line), 0);
                CHECK(line.data[line.size - 1] == '\n');
                line.data[line.size - 1] = '\0';
                CHECK_INT(download_event_parse(line.data, &back), 0);
                CHECK_INT(back.kind, events[i].kind);
                CHECK(back.a == events[i].a && back.b == events[i].b);
                CHECK_STR(back.text, strempty(events[i].text));
        }
}

TEST(event_text_is_one_line_of_limited_length) {
        _cleanup_free_ char *text = calloc(1, 20001);
        _cleanup_(string_buf_done) StringBuf line = {};

        memset(text, '\n', 20000);
        CHECK_INT(download_event_format(&(DownloadEvent){ .kind = DOWNLOAD_ERROR, .a = 1, .text = text },
                                        &line),
                  0);
        CHECK(line.size <= DOWNLOAD_LINE_MAX);
        CHECK(strchr(line.data, '\n') == line.data + line.size - 1);
}

TEST(bad_events) {
        static const char *const lines[] = {
                "",           "done",      "done 1",    "done 1 2",   "done  1 2 x",
                "done -1 0 ", "done 1 x ", "Done 1 0 ", "other 1 0 ", "done 99999999999999999999 0 ",
        };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                _cleanup_(download_event_done) DownloadEvent e = {};
                CHECK_INT(download_event_parse(lines[i], &e), -EBADMSG);
        }
}

TEST(event_text_is_escaped) {
        _cleanup_(download_event_done) DownloadEvent e = {};

        CHECK_INT(download_event_parse("error 5 0 \x1b[2J", &e), 0);
        CHECK_STR(e.text, "\\x1b[2J");
}

TEST(cache_control) {
        static const struct {
                const char *value;
                uint64_t age;
        } cases[] = {
                { "", 0 },
                { "max-age=60", 60 },
                { "public, Max-Age=60", 60 },
                { "max-age=60, no-cache", 0 },
                { "no-store, max-age=60", 0 },
                { "max-age=60,must-revalidate", 60 },
                { "max-age", 0 },
                { "max-age=", 0 },
                { "max-age=-1", 0 },
                { "max-age=1e3", 0 },
                { "max-age=60, max-age=bad", 0 },
                { "s-maxage=60", 0 },
                { "max-age=99999999999999999999999", 0 },
                { ",,,=,", 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                CHECK_INT(cache_control_max_age(cases[i].value), cases[i].age);
}

TEST(etags) {
        _cleanup_free_ char *longest = calloc(1, DOWNLOAD_ETAG_MAX + 2);

        CHECK(etag_is_valid("\"abc\""));
        CHECK(etag_is_valid("W/\"abc\""));
        CHECK(!etag_is_valid(""));
        CHECK(!etag_is_valid("a b"));
        CHECK(!etag_is_valid("a\r\nX: y"));
        CHECK(!etag_is_valid("\xc3\xa4"));
        CHECK(!etag_is_valid("\\x0a"));
        memset(longest, 'x', DOWNLOAD_ETAG_MAX);
        CHECK(etag_is_valid(longest));
        longest[DOWNLOAD_ETAG_MAX] = 'x';
        CHECK(!etag_is_valid(longest));
}

DEFINE_TEST_MAIN()

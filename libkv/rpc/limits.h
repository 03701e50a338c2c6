// The room's bounds that no option changes, each with its unit and reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace kv::rpc {

/// Taken from a socket at once; one buffer per I/O thread.
constexpr std::size_t kReadBytesMax = 256 * 1024;
/// Handed to a socket at once; then the other connections of the thread have their turn.
constexpr std::size_t kWriteBytesMax = 256 * 1024;

/// How much a peer may send ahead: per stream, so that a message of 1 MiB needs no round trip, and per
/// connection. The second one also bounds what a connection holds back when it must not be answered yet.
constexpr std::int32_t kStreamWindowBytes = 4 * 1024 * 1024;
constexpr std::int32_t kConnectionWindowBytes = 16 * 1024 * 1024;
/// Windows are given back in steps of this.
constexpr std::size_t kConsumeStepBytes = 256 * 1024;
static_assert(kStreamWindowBytes <= kConnectionWindowBytes);

/// Answers queued because the client's flow control does not let them out. Above it, the input of the stream,
/// or of the whole connection, is not looked at until they drain.
constexpr std::size_t kStreamQueueBytesMax = 4 * 1024 * 1024;
constexpr std::size_t kConnectionQueueBytesMax = 64 * 1024 * 1024;

/// How long one connection may keep its I/O thread with answers before others have their turn.
constexpr std::chrono::milliseconds kAnswerSlice{2};

/// Calls that ended while their answers were put off, before the queue is swept of them.
constexpr std::size_t kPutOffDroppedMax = 64;

/// Calls open at once on one connection, whatever MAX_CONCURRENT_STREAMS says.
constexpr std::size_t kOpenStreamsMax = 100000;

/// Names and values of one header block with HTTP/2's overhead of 32 bytes each.
constexpr std::size_t kHeaderListBytesMax = 64 * 1024;
constexpr std::size_t kHttp1HeaderBytesMax = 16 * 1024;

/// Streams that end in an error or a reset, by the client's doing (CVE-2023-44487, CVE-2025-8671).
constexpr double kResetBurst = 10000;
constexpr double kResetsPerSecond = 1000;

/// DATA frames that say nothing: flow control does not hold them back (CVE-2019-9518).
constexpr double kEmptyDataBurst = 10000;
constexpr double kEmptyDataPerSecond = 1000;

/// SETTINGS and PING acknowledgements a peer may leave unread.
constexpr std::size_t kUnreadAcksMax = 1000;

/// How long a closed connection still listens, so that the peer reads our last words before a reset.
constexpr std::chrono::milliseconds kLingerTime{1000};
/// From an HTTP/1.1 request's first byte to its last, as for a connection's first one; and between requests.
constexpr std::chrono::milliseconds kHttp1RequestTime{10000};
constexpr std::chrono::milliseconds kHttp1IdleTime{120000};
/// From the announcement of a shutdown to the final GOAWAY, when the client does not answer.
constexpr std::chrono::milliseconds kShutdownNoticeTime{500};
/// For the last answers to leave after a drain.
constexpr std::chrono::milliseconds kDrainFlushTime{1000};
/// Between attempts to accept while the process has no file descriptors left.
constexpr std::chrono::milliseconds kAcceptRetryTime{100};

}  // namespace kv::rpc

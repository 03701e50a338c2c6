// What a replica wants done with whole states. The work reads and writes disks and compresses, so it is done
// elsewhere (snapshot_desk.h), in order; what came of it is input to a later step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "libraft/core/types.h"
#include "libraft/node/snapshot.h"

namespace raft {

/// One passage of one state from one member to another. The sender's number, so both ends' ids are told apart
/// by who sent.
using TransferId = std::uint64_t;

/// Begin to read the state as it is now. Answer: SourceOpened.
struct OpenSource {
  TransferId transfer = 0;
};
/// Answer: ChunkRead.
struct ReadChunk {
  TransferId transfer = 0;
  std::size_t bytes_max = 0;
};
/// No answer.
struct CloseSource {
  TransferId transfer = 0;
};
/// Begin to build a state beside the one in use; the one begun before goes. No answer.
struct OpenSink {
  TransferId transfer = 0;
  Index last;
};
/// Answer: ChunkWritten.
struct WriteChunk {
  TransferId transfer = 0;
  std::uint64_t number = 0;
  SharedBytes bytes;
};
/// Verify the whole and make it durable. Answer: SinkFinished.
struct FinishSink {
  TransferId transfer = 0;
};
/// No answer.
struct DropSink {
  TransferId transfer = 0;
};
using SnapshotJob =
    std::variant<OpenSource, ReadChunk, CloseSource, OpenSink, WriteChunk, FinishSink, DropSink>;

struct SourceOpened {
  TransferId transfer = 0;
  EntryId last;
};
struct ChunkRead {
  TransferId transfer = 0;
  SharedBytes bytes;  ///< null: that was all
};
struct ChunkWritten {
  TransferId transfer = 0;
  std::uint64_t number = 0;
};
struct SinkFinished {
  TransferId transfer = 0;
  SnapshotInfo info;
};
/// Instead of any answer: the transfer is over.
struct JobFailed {
  TransferId transfer = 0;
  bool sending = false;  ///< a source's job, not a sink's
  Error error;
};
using SnapshotResult = std::variant<SourceOpened, ChunkRead, ChunkWritten, SinkFinished, JobFailed>;

}  // namespace raft

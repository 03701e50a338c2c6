// How two members make sure that they mean each other: the first frame both ways (FORMAT.md). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libraft/base/result.h"
#include "libraft/core/types.h"

namespace raft {

/// The versions of the peer protocol that this build speaks. A changed layout is a new version; a build keeps
/// the previous one for as long as members may be upgraded one at a time.
inline constexpr std::uint32_t kPeerProtocolOldest = 1;
inline constexpr std::uint32_t kPeerProtocolNewest = 2;

/// What a connection carries; a sender has one of each at most. On the wire: never renumbered.
enum class Lane : std::uint8_t {
  kUsual = 0,
  kStates = 1,  ///< SnapshotChunk, so that nothing waits behind it
};

/// Who speaks, and whom it expects to hear.
struct Hello {
  std::uint32_t newest = kPeerProtocolNewest;  ///< highest version spoken
  std::uint32_t oldest = kPeerProtocolOldest;  ///< lowest version spoken
  std::uint64_t cluster_id = 0;
  NodeId sender;
  NodeId receiver;
  Lane lane = Lane::kUsual;

  bool operator==(const Hello&) const = default;
};

/// On the wire: never renumbered.
enum class RefusalCode : std::uint8_t {
  kVersion = 1,   ///< no common version
  kCluster = 2,   ///< another cluster
  kReceiver = 3,  ///< the address leads to another member than the sender meant
  kSender = 4,    ///< the sender claims an id it cannot have
  kRemoved = 5,   ///< the sender was removed from the cluster, for ever
};

/// Why there will be no connection, in words for the operator of the other side.
struct Refusal {
  RefusalCode code;
  std::string reason;

  bool operator==(const Refusal&) const = default;
};

/// Whole frames, header included.
[[nodiscard]] std::string hello_frame(const Hello& hello);
[[nodiscard]] std::string refusal_frame(const Refusal& refusal);

/// From the body of a frame of that type. Errors: kCorruption. Bytes behind a Hello's fields are from a newer
/// version and left alone; an unknown refusal code keeps its reason.
Result<Hello> decode_hello(std::string_view body);
Result<Refusal> decode_refusal(std::string_view body);

/// Whom this side is, and whom it expects: the peer it dialled, or nobody in particular.
struct Expectation {
  std::uint64_t cluster_id = 0;
  NodeId self;
  std::optional<NodeId> peer;
};

/// Nothing when `hello` is acceptable, else what to answer.
[[nodiscard]] std::optional<Refusal> judge(const Hello& hello, const Expectation& expected);

}  // namespace raft

// One member of the cluster, whole: the machine replicated by a raft driver, behind the KvServer interface.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libkv/machine/machine.h"
#include "libkv/server/auth_desk.h"
#include "libkv/server/auto_compaction.h"
#include "libkv/server/divergence_desk.h"
#include "libkv/server/lease_keeper.h"
#include "libkv/server/server.h"
#include "libraft/base/log_sink.h"
#include "libraft/log/log_store.h"
#include "libraft/net/transport.h"
#include "libraft/node/options.h"

namespace kv {

struct ReplicaServerOptions {
  std::uint64_t cluster_id = 0;
  raft::ReplicaOptions replica;
  /// Contract section 6: 5 s + 2 x the election timeout.
  std::chrono::milliseconds request_timeout{7000};
  /// Bytes of one encoded command; more is kTooLarge.
  std::size_t request_bytes_max = 1572864;
  /// Committed entries that wait to be applied; beyond it new writes are kTooManyRequests.
  std::uint64_t backlog_entries_max = 5000;
  /// etcd's option of that name: changes of members that could cost the quorum are refused.
  bool strict_reconfig_check = true;
  /// Its election_timeout is taken from `replica`.
  LeaseKeeperOptions leases;
  /// Bytes of this member's state on disk; writes that do not fit raise the NOSPACE alarm. Nothing: no limit.
  std::optional<std::uint64_t> quota_bytes;
  AutoCompactionOptions auto_compaction;
  /// Between two progress notifications of a stream of watches (contract section 3.5); some chance is added.
  std::chrono::milliseconds watch_progress_interval{600000};
  /// Its request_timeout is taken from above.
  AuthDeskOptions auth;
  /// Unlike that of every earlier start of this member, so that old entries answer no new request.
  std::uint64_t first_sequence = 1;
  // Of commands (libkv/machine/command_version.h); tests are older or newer.
  std::uint32_t known_version = kKnownVersion;
  std::uint32_t (*required_version)(const Operation&) = &kv::required_version;
};

/// Must outlive the server; it does not own them.
struct ReplicaServerParts {
  raft::LogStore* log = nullptr;
  Machine* machine = nullptr;
  raft::Transport* transport = nullptr;
};

/// What the server tells its owner. Neither may block.
struct ReplicaServerEvents {
  /// The disk failed or is damaged, or the cluster uses commands that this program does not know (kMismatch);
  /// the process should end. Once. Thread: any.
  std::function<void(const raft::Error&)> failed;
  /// This member's state is not the one that a majority has. It serves nothing more from it and should be
  /// stopped, and started with the state of one of those; may be null. Once. Thread: any.
  std::function<void(const Divergence&)> diverged;
  /// Everyone to be connected with, this member included: those in the table, and those who leave it but are
  /// still counted. At the start and whenever it moved; may be null. Thread: any, one at a time.
  std::function<void(const std::vector<MemberInfo>& peers)> peers_changed;
};

class ReplicaServer : public KvServer {
 public:
  static raft::Result<std::unique_ptr<ReplicaServer>> start(const ReplicaServerOptions& options,
                                                            ReplicaServerParts parts, raft::LogSink log,
                                                            ReplicaServerEvents events);

  /// For the transport's ReceiveHandler.
  virtual void receive(raft::NodeId from, std::vector<raft::Message> messages) = 0;
  /// Asks the replica's threads for a sign of life; false when one has not moved since the last call.
  [[nodiscard]] virtual bool alive() = 0;
  /// Gives leadership to another voter when this member leads, waiting at most `limit` for it to take it.
  virtual void hand_over(std::chrono::milliseconds limit) = 0;
  /// A token of root's with which this member may ask the others for their state, while authentication is on.
  virtual void make_own_token(AuthenticateDone done) = 0;
  /// True once this member knows that it was removed from the cluster; its process should end.
  [[nodiscard]] virtual bool removed() const = 0;
  /// Answers whatever still waits with kStopped and joins the threads. The parts may be destroyed after it.
  /// Idempotent.
  virtual void stop() = 0;
};

}  // namespace kv

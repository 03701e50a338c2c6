#include "tools/kvd/resync.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "libkv/api/proto/rpc.pb.h"
#include "libkv/machine/state_directory.h"
#include "libkv/rpc/client.h"
#include "libkv/snapshot/state_sink.h"
#include "tools/common/url.h"

namespace tools::kvd {
namespace {

using raft::ErrorCode;
using raft::fail;

namespace fs = std::filesystem;

constexpr const char* kOrderFormat = "kvd resync, format 1";
constexpr std::string_view kAsidePrefix = "snap-diverged-";
constexpr std::string_view kSnapshotPath = "/etcdserverpb.Maintenance/Snapshot";

constexpr std::chrono::milliseconds kConnectFor{2000};
constexpr std::chrono::milliseconds kTryAgainAfter{500};
/// A sender that says nothing for so long is given up.
constexpr std::chrono::seconds kSilentMax{20};

struct Order {
  std::string aside;  // the name of a directory in the data directory
  std::vector<std::string> from;
  std::string token;  // may be empty
};

std::string order_path(const std::string& data_dir) {
  return data_dir + "/resync";
}

raft::Result<void> sync_path(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const int failed = fd < 0 || ::fsync(fd) != 0 ? errno : 0;
  if (fd >= 0) ::close(fd);
  if (failed != 0) return fail(ErrorCode::kIo, path, std::strerror(failed));
  return {};
}

/// Both are in `directory`.
raft::Result<void> rename_durably(const std::string& from, const std::string& to,
                                  const std::string& directory) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return fail(ErrorCode::kIo, to, error.message());
  return sync_path(directory);
}

raft::Result<std::optional<Order>> read_order(const std::string& data_dir) {
  const std::string path = order_path(data_dir);
  std::ifstream in(path);
  if (!in) return std::optional<Order>();
  Order order;
  std::string line;
  if (!std::getline(in, line) || line != kOrderFormat) {
    return fail(ErrorCode::kMismatch, path, "is not of a format that this version knows");
  }
  while (std::getline(in, line)) {
    if (line.starts_with("aside ")) order.aside = line.substr(6);
    if (line.starts_with("from ")) order.from.push_back(line.substr(5));
    if (line.starts_with("token ")) order.token = line.substr(6);
  }
  if (!order.aside.starts_with(kAsidePrefix) || order.aside.find('/') != std::string::npos) {
    return fail(ErrorCode::kCorruption, path, "names no directory to set the state aside in");
  }
  return std::optional(std::move(order));
}

/// Once; after a crash the state in its place is one that was being fetched.
raft::Result<void> set_aside(const std::string& data_dir, const Order& order) {
  const std::string state = data_dir + "/snap";
  const std::string aside = data_dir + "/" + order.aside;
  std::error_code error;
  if (!fs::exists(aside, error)) RETURN_IF_ERROR(rename_durably(state, aside, data_dir));
  fs::remove_all(state, error);
  if (!error) fs::create_directory(state, error);
  if (error) return fail(ErrorCode::kIo, state, error.message());
  return sync_path(data_dir);
}

/// One snapshot as it comes. Thread: the loop's writes, another waits.
class Incoming {
 public:
  explicit Incoming(kv::StateSink& sink) : sink_(sink) {}

  void message(const std::string& bytes) {
    ++messages_;
    if (!taken_) return;
    etcdserverpb::SnapshotResponse piece;
    taken_ = piece.ParseFromString(bytes)
                 ? sink_.write(piece.blob())
                 : fail(ErrorCode::kCorruption, "the answer", "is not of the etcd API");
  }
  void done(const kv::rpc::Status& status) {
    if (taken_ && !status.ok()) taken_ = fail(ErrorCode::kUnavailable, "the snapshot", status.message);
    done_.set_value();
  }
  raft::Result<void> wait(kv::rpc::ClientStream& stream) {
    const auto done = done_.get_future();
    bool silent = false;
    while (done.wait_for(kSilentMax) != std::future_status::ready) {
      if (messages_.exchange(0) > 0) continue;
      silent = true;
      stream.cancel();
    }
    if (silent) return fail(ErrorCode::kTimeout, "the snapshot", "nothing came for a while");
    return taken_;
  }

 private:
  kv::StateSink& sink_;
  std::atomic<std::uint64_t> messages_ = 0;
  raft::Result<void> taken_;  // of the loop's thread until done_
  std::promise<void> done_;
};

raft::Result<std::shared_ptr<kv::rpc::Channel>> connect(const Config& config, kv::rpc::ClientLoop& loop,
                                                        const std::string& text) {
  ASSIGN_OR_RETURN(const Url url, parse_url(text));
  kv::rpc::ChannelOptions options{
      .host = url.host, .port = url.port, .tls = {}, .connect_timeout = kConnectFor};
  if (url.scheme == "https") {
    options.tls = kv::rpc::ClientTlsOptions{.trusted_ca_file = config.trusted_ca_file,
                                            .cert_file = config.cert_file,
                                            .key_file = config.key_file};
  }
  return kv::rpc::Channel::connect(loop, std::move(options));
}

/// Into `path`, whole, verified and closed again.
raft::Result<raft::EntryId> fetch(const Config& config, std::uint64_t cluster, leveldb::Env& env,
                                  const std::string& path, const std::string& url, const std::string& token) {
  const auto loop = kv::rpc::ClientLoop::create();
  ASSIGN_OR_RETURN(const auto channel, connect(config, *loop, url));
  kv::StateSink sink({.env = &env, .path = path, .cluster_id = cluster, .envelope = kv::Envelope::kAllowed});
  Incoming incoming(sink);
  kv::rpc::CallOptions call;
  if (!token.empty()) call.metadata.emplace_back("token", token);
  const auto stream =
      channel->stream(kSnapshotPath, std::move(call),
                      {.on_message = [&incoming](const std::string& bytes) { incoming.message(bytes); },
                       .on_done = [&incoming](const kv::rpc::Status& status) { incoming.done(status); }});
  stream->send(etcdserverpb::SnapshotRequest().SerializeAsString());
  stream->half_close();
  RETURN_IF_ERROR(incoming.wait(*stream));
  ASSIGN_OR_RETURN(const kv::SnapshotHeader header, sink.finish());
  sink.take().reset();
  return header.last;
}

/// From the first that has one which the log goes on from.
raft::Result<raft::EntryId> fetch_from_any(const Config& config, std::uint64_t cluster, leveldb::Env& env,
                                           const Order& order, raft::Index base, const raft::LogSink& log) {
  const std::string path = config.data_dir + "/snap/incoming";
  const auto until = std::chrono::steady_clock::now() + kResyncFor;
  for (;;) {
    std::string stories;
    for (const std::string& url : order.from) {
      auto last = fetch(config, cluster, env, path, url, order.token);
      if (last && last->index >= base) {
        log(raft::LogLevel::kInfo,
            "event=state-fetched from=" + url + " entry=" + std::to_string(last->index.value()));
        return last;
      }
      stories += "; " + url + ": " +
                 (last ? "is behind entry " + std::to_string(base.value()) : last.error().text());
    }
    if (std::chrono::steady_clock::now() >= until) {
      return fail(ErrorCode::kUnavailable, order_path(config.data_dir),
                  "no other member gives its state" + stories + "; start this member again to try again");
    }
    std::this_thread::sleep_for(kTryAgainAfter);
  }
}

}  // namespace

raft::Result<void> order_resync(const std::string& data_dir, raft::Index applied,
                                const std::vector<std::string>& from, const std::string& token) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(data_dir, error)) {
    if (!entry.path().filename().string().starts_with(kAsidePrefix)) continue;
    return fail(ErrorCode::kAlreadyExists, entry.path().string(),
                "a state was set aside before; find out why they differ, remove it, and start this member "
                "again");
  }
  if (from.empty()) return fail(ErrorCode::kNotFound, data_dir, "no other member has told its client URLs");
  const std::string path = order_path(data_dir);
  {
    std::ofstream out(path + ".new", std::ios::trunc);
    out << kOrderFormat << "\naside " << kAsidePrefix << applied.value() << '\n';
    for (const std::string& url : from) out << "from " << url << '\n';
    if (!token.empty()) out << "token " << token << '\n';
    if (!out.flush()) return fail(ErrorCode::kIo, path, "cannot be written");
  }
  RETURN_IF_ERROR(sync_path(path + ".new"));
  return rename_durably(path + ".new", path, data_dir);
}

raft::Result<bool> resync_if_ordered(const Config& config, std::uint64_t cluster, leveldb::Env& env,
                                     raft::LogStore& wal, const raft::LogSink& log) {
  const std::string& data_dir = config.data_dir;
  ASSIGN_OR_RETURN(const auto order, read_order(data_dir));
  if (!order) return false;
  RETURN_IF_ERROR(set_aside(data_dir, *order));
  log(raft::LogLevel::kWarning, "event=state-set-aside directory=" + data_dir + "/" + order->aside +
                                    " action=\"fetching the state of another member\"");
  ASSIGN_OR_RETURN(const raft::EntryId last,
                   fetch_from_any(config, cluster, env, *order, wal.opened().base.index, log));
  const std::string states = data_dir + "/snap";
  RETURN_IF_ERROR(rename_durably(states + "/incoming", kv::state_path(states, last.index), states));
  // As when a leader sends a state: from here on the log goes on behind it.
  RETURN_IF_ERROR(wal.truncate_prefix(last));
  std::error_code error;
  fs::remove(order_path(data_dir), error);
  if (error) return fail(ErrorCode::kIo, order_path(data_dir), error.message());
  RETURN_IF_ERROR(sync_path(data_dir));
  return true;
}

}  // namespace tools::kvd

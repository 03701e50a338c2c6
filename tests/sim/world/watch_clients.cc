#include "tests/sim/world/watch_clients.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "tests/sim/check/watch_checks.h"
#include "tests/sim/world/watch_connection.h"

namespace sim {
namespace {

constexpr std::uint64_t kWatchConcern = 7;
/// How often everyone reads once all is healed.
constexpr Micros kCalmThink = 20 * kMillisecond;

kv::WatchRequest some_request(Dice& dice) {
  kv::WatchRequest request{.key = std::string(1, '\0'), .range_end = std::string(1, '\0')};
  if (dice.percent(40)) {
    request.key = "k";
    request.range_end = "l";
  } else if (dice.percent(30)) {
    request.key = "lease/";
    request.range_end = "lease0";
  } else if (dice.percent(30)) {
    request.key = "k" + std::to_string(dice.below(4));
    request.range_end.clear();
  }
  request.prev_kv = dice.percent(50);
  request.progress_notify = dice.percent(50);
  return request;
}

}  // namespace

class WatchClients::Client {
 public:
  Client(const Surroundings& around, kv::WatchRequest what, std::size_t number)
      : coverage(around.coverage),
        request(std::move(what)),
        checks(around.verdict, around.kv.model(), request, "watch client " + std::to_string(number)) {}

  /// Takes what was told; all of it, or a few.
  void read(std::size_t most) {
    for (; connection != nullptr && most > 0 && !connection->told.empty(); --most) {
      const WatchConnection::Told told = std::move(connection->told.front());
      connection->told.pop_front();
      std::visit([this](const auto& one) { take(one); }, told);
    }
  }

  Coverage& coverage;
  const kv::WatchRequest request;
  WatchChecks checks;
  std::shared_ptr<WatchConnection> connection;  // shared with the hub; null: not connected
  raft::NodeId member;
  kv::Hub::StreamId stream = 0;
  bool slow = false;

 private:
  void take(const kv::WatchCreated& created) {
    if (checks.next() == 0) checks.begins(created.revision + 1);
  }
  void take(const WatchConnection::Response& response) {
    for (const kv::Event& event : response.events) connection->bytes -= event.bytes();
    checks.told(response.revision, response.events);
  }
  void take(const WatchConnection::Progress& progress) { checks.progress(progress.revision); }
  void take(const WatchConnection::Overtaken& overtaken) {
    coverage.hit(Sometimes::kWatchOvertaken);
    checks.compacted(overtaken.revision);
    checks.begins(overtaken.revision);
    connection = nullptr;
  }
  void take(const WatchConnection::Over&) { connection = nullptr; }
};

WatchClients::WatchClients(const Surroundings& around, std::function<Node*(Dice&)> choose,
                           std::function<Node*(raft::NodeId)> find)
    : around_(around),
      choose_(std::move(choose)),
      find_(std::move(find)),
      dice_(around.options.seed, kWatchConcern) {
  for (std::uint32_t i = 0; i < around_.options.load.watchers; ++i) {
    clients_.push_back(std::make_unique<Client>(around_, some_request(dice_), i));
    clients_.back()->slow = dice_.percent(30);
  }
}

WatchClients::~WatchClients() = default;

void WatchClients::start() {
  for (const auto& client : clients_) go_on(*client);
}

void WatchClients::go_on(Client& client) {
  const Micros think = calm_ ? kCalmThink : around_.options.load.watch_think * (client.slow ? 10 : 1);
  around_.queue.after(dice_.long_tailed(think), [this, &client] { act(client); });
}

void WatchClients::act(Client& client) {
  go_on(client);
  if (client.connection == nullptr) {
    Node* const node = choose_(dice_);
    if (node == nullptr) return;
    if (client.checks.next() > 0) around_.coverage.hit(Sometimes::kWatchResumed);
    client.connection = std::make_shared<WatchConnection>();
    client.member = node->self();
    client.stream = next_stream_++;
    node->watches().open(client.stream, client.connection, {.needs_leader = dice_.percent(20)});
    kv::WatchRequest request = client.request;
    request.start_revision = client.checks.next();
    if (client.checks.next() == 0 && dice_.percent(30)) {
      request.start_revision = 1;
      client.checks.begins(1);
    }
    node->watches().create(client.stream, std::move(request));
    node->touch_watches();
    return;
  }
  client.read(calm_ ? SIZE_MAX : dice_.between(1, 20));
  Node* const node = find_(client.member);
  if (client.connection == nullptr || node == nullptr || !node->running()) return;
  // A member that is cut off for ever would never tell everything.
  if (dice_.percent(calm_ ? 10 : 2)) {
    node->watches().close(client.stream);
    client.connection = nullptr;
  } else if (calm_ || dice_.percent(30)) {
    node->watches().ask_progress(client.stream);
  }
  node->touch_watches();
}

void WatchClients::gone(raft::NodeId member) {
  for (const auto& client : clients_) {
    if (client->connection != nullptr && client->member == member) client->connection = nullptr;
  }
}

bool WatchClients::reached(std::int64_t revision) const {
  return std::ranges::all_of(clients_, [&](const auto& client) { return client->checks.next() > revision; });
}

}  // namespace sim

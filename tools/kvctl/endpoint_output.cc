#include <array>
#include <cstdio>

#include "tools/common/escape.h"
#include "tools/common/table.h"
#include "tools/common/units.h"
#include "tools/kvctl/endpoint_answers.h"
#include "tools/kvctl/message_json.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::StatusResponse;

std::string hex(std::uint64_t value) {
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "%llx", static_cast<unsigned long long>(value));
  return text.data();
}

std::string truth(bool value) {
  return value ? "true" : "false";
}

std::string join(const google::protobuf::RepeatedPtrField<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

std::string unused_percent(const StatusResponse& status) {
  if (status.dbsize() <= 0) return "0%";
  return std::to_string(100 - status.dbsizeinuse() * 100 / status.dbsize()) + "%";
}

const std::vector<std::string> kStatusHeading = {"endpoint",
                                                 "ID",
                                                 "version",
                                                 "storage version",
                                                 "db size",
                                                 "in use",
                                                 "percentage not in use",
                                                 "quota",
                                                 "is leader",
                                                 "is learner",
                                                 "raft term",
                                                 "raft index",
                                                 "raft applied index",
                                                 "errors",
                                                 "downgrade target version",
                                                 "downgrade enabled"};

std::vector<std::string> status_row(const EndpointStatus& endpoint) {
  const StatusResponse& status = endpoint.status;
  const auto size = [](std::int64_t bytes) { return format_bytes(static_cast<std::uint64_t>(bytes)); };
  return {endpoint.endpoint,
          hex(status.header().member_id()),
          status.version(),
          status.storageversion(),
          size(status.dbsize()),
          size(status.dbsizeinuse()),
          unused_percent(status),
          size(status.dbsizequota()),
          truth(status.leader() == status.header().member_id()),
          truth(status.islearner()),
          std::to_string(status.raftterm()),
          std::to_string(status.raftindex()),
          std::to_string(status.raftappliedindex()),
          join(status.errors()),
          status.downgradeinfo().targetversion(),
          truth(status.downgradeinfo().enabled())};
}

const std::vector<std::string> kHashHeading = {"endpoint", "hash", "hash revision"};

std::vector<std::string> hash_row(const EndpointHash& endpoint) {
  return {endpoint.endpoint, std::to_string(endpoint.hash.hash()),
          std::to_string(endpoint.hash.hash_revision())};
}

void print_fields(std::ostream& out, const EndpointHash& endpoint) {
  fields::print_header(out, endpoint.hash.header());
  out << "\"Endpoint\" : " << quote(endpoint.endpoint) << '\n';
  out << "\"Hash\" : " << endpoint.hash.hash() << '\n';
  out << "\"HashRevision\" : " << endpoint.hash.hash_revision() << "\n\n";
}

void write_hash(JsonWriter& json, const EndpointHash& endpoint) {
  json.begin_object().key("Endpoint").string(endpoint.endpoint).key("HashKV");
  write_json(json, endpoint.hash);
  json.end_object();
}

void print_row(std::ostream& out, const std::vector<std::string>& row) {
  for (std::size_t i = 0; i < row.size(); ++i) out << (i == 0 ? "" : ", ") << row[i];
  out << '\n';
}

void print_fields(std::ostream& out, const EndpointStatus& endpoint) {
  const StatusResponse& status = endpoint.status;
  fields::print_header(out, status.header());
  out << "\"Version\" : " << quote(status.version()) << '\n';
  out << "\"StorageVersion\" : " << quote(status.storageversion()) << '\n';
  out << "\"DBSize\" : " << status.dbsize() << '\n';
  out << "\"DBSizeInUse\" : " << status.dbsizeinuse() << '\n';
  out << "\"DBSizeQuota\" : " << status.dbsizequota() << '\n';
  out << "\"Leader\" : " << status.leader() << '\n';
  out << "\"IsLearner\" : " << truth(status.islearner()) << '\n';
  out << "\"RaftIndex\" : " << status.raftindex() << '\n';
  out << "\"RaftTerm\" : " << status.raftterm() << '\n';
  out << "\"RaftAppliedIndex\" : " << status.raftappliedindex() << '\n';
  out << "\"Errors\" : [" << join(status.errors()) << "]\n";
  out << "\"Endpoint\" : " << quote(endpoint.endpoint) << '\n';
  out << "\"DowngradeTargetVersion\" : " << quote(status.downgradeinfo().targetversion()) << '\n';
  out << "\"DowngradeEnabled\" : " << truth(status.downgradeinfo().enabled()) << "\n\n";
}

void write_status(JsonWriter& json, const EndpointStatus& endpoint) {
  json.begin_object().key("Endpoint").string(endpoint.endpoint).key("Status");
  write_json(json, endpoint.status);
  json.end_object();
}

void write_health(JsonWriter& json, const EndpointHealth& health) {
  json.begin_object().key("endpoint").string(health.endpoint).key("health").boolean(health.healthy);
  json.key("took").string(format_duration(health.took));
  if (!health.error.empty()) json.key("error").string(health.error);
  json.end_object();
}

/// kJson: one array; kJsonl: one object a line.
template <class Item>
void print_json(std::ostream& out, const Style& style, const std::vector<Item>& items,
                void (*write)(JsonWriter&, const Item&)) {
  JsonWriter array(JsonEscapes::kGo);
  array.begin_array();
  for (const Item& item : items) {
    JsonWriter line(JsonEscapes::kGo);
    const bool lines = style.format == Format::kJsonl;
    write(lines ? line : array, item);
    if (lines) out << line.text() << '\n';
  }
  if (style.format == Format::kJson) out << array.end_array().text() << '\n';
}

std::unexpected<Failure> no_raw() {
  return refuse_usage("the format raw is for keys and values");
}

/// A row and a heading, JSON, or fields: what a question to every endpoint gives.
template <class Item>
Outcome<void> print_answers(std::ostream& out, const Style& style, const std::vector<Item>& endpoints,
                            const std::vector<std::string>& heading,
                            std::vector<std::string> (*row_of)(const Item&),
                            void (*write)(JsonWriter&, const Item&)) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(endpoints.size());
  for (const Item& endpoint : endpoints) rows.push_back(row_of(endpoint));
  switch (style.format) {
    case Format::kSimple:
      for (const auto& row : rows) print_row(out, row);
      return {};
    case Format::kTable:
      out << draw_table(heading, rows);
      return {};
    case Format::kJson:
    case Format::kJsonl:
      print_json(out, style, endpoints, write);
      return {};
    case Format::kFields:
      for (const Item& endpoint : endpoints) print_fields(out, endpoint);
      return {};
    case Format::kRaw:
      break;
  }
  return no_raw();
}

void print_simple(std::ostream& out, std::ostream& err, const EndpointHealth& health) {
  if (health.healthy) {
    out << health.endpoint
        << " is healthy: successfully committed proposal: took = " << format_duration(health.took) << '\n';
  } else {
    err << health.endpoint << " is unhealthy: failed to commit proposal: " << health.error << '\n';
  }
}

}  // namespace

Outcome<void> print(std::ostream& out, const Style& style, const std::vector<EndpointStatus>& endpoints) {
  return print_answers(out, style, endpoints, kStatusHeading, status_row, write_status);
}

Outcome<void> print(std::ostream& out, const Style& style, const std::vector<EndpointHash>& endpoints) {
  return print_answers(out, style, endpoints, kHashHeading, hash_row, write_hash);
}

Outcome<void> print(std::ostream& out, std::ostream& err, const Style& style,
                    const std::vector<EndpointHealth>& endpoints) {
  std::vector<std::vector<std::string>> rows;
  switch (style.format) {
    case Format::kSimple:
      for (const EndpointHealth& health : endpoints) print_simple(out, err, health);
      return {};
    case Format::kTable:
      for (const EndpointHealth& health : endpoints) {
        rows.push_back({health.endpoint, truth(health.healthy), format_duration(health.took), health.error});
      }
      out << draw_table({"endpoint", "health", "took", "error"}, rows);
      return {};
    case Format::kJson:
    case Format::kJsonl:
      print_json(out, style, endpoints, write_health);
      return {};
    case Format::kFields:
      for (const EndpointHealth& health : endpoints) {
        out << "\"Endpoint\" : " << quote(health.endpoint) << "\n\"Health\" : " << truth(health.healthy)
            << "\n\"Took\" : " << format_duration(health.took) << "\n\"Error\" : " << health.error << "\n\n";
      }
      return {};
    case Format::kRaw:
      break;
  }
  return no_raw();
}

}  // namespace tools::kvctl

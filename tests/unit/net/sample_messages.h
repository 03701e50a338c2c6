// Messages of every kind, ordinary and at their boundaries, and how to compare them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libraft/core/message.h"

namespace raft {

SharedBytes shared(std::string bytes);
/// Entries `first`, first + 1, ... with these payloads, all of `term`.
std::vector<Entry> entries_from(std::uint64_t first, std::uint64_t term,
                                const std::vector<std::string>& payloads);
/// Every kind at least once; 0 and the largest value in every number, every flag both ways.
std::vector<Message> sample_messages();
/// The same without the messages that travel on a connection of their own.
std::vector<Message> usual_messages();
/// Every field of a message, payloads' bytes included, as text: equal texts are equal messages.
std::string dump(const Message& message);

}  // namespace raft

// nghttp2's allocations out of the block cache. Needs nghttp2.
#pragma once

#include <nghttp2/nghttp2.h>

namespace kv::rpc {

/// For nghttp2_session_*_new3. Lives for ever.
nghttp2_mem* h2_memory();

}  // namespace kv::rpc

/** Authentication and authorization: keys, rate limits, the answer to gateways. */
@NullMarked
package io.outpost.auth;

import org.jspecify.annotations.NullMarked;

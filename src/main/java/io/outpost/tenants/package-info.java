/** The steps of making, changing, deleting and removing tenants. */
package io.outpost.tenants;

/** The enumerations of Flagship's SDK. */

/** Who decides. */
export enum DecisionMode {
  /** The vendor's server, asked at each fetch. */
  DECISION_API = 'DECISION-API',
  /** This process, from a file that is fetched again and again. */
  BUCKETING = 'BUCKETING',
  /** This process, from `initialBucketing`. Only `Flagship.close()` sends what is pending. */
  BUCKETING_EDGE = 'BUCKETING_EDGE',
}

export enum FSSdkStatus {
  SDK_NOT_INITIALIZED = 0,
  SDK_INITIALIZING = 1,
  /** Everything but fetching is switched off. */
  SDK_PANIC = 2,
  SDK_INITIALIZED = 3,
}

export enum LogLevel {
  NONE = 0,
  EMERGENCY = 1,
  ALERT = 2,
  CRITICAL = 3,
  ERROR = 4,
  WARNING = 5,
  NOTICE = 6,
  INFO = 7,
  DEBUG = 8,
  ALL = 9,
}

export enum HitType {
  PAGE_VIEW = 'PAGEVIEW',
  PAGE = 'PAGEVIEW',
  SCREEN_VIEW = 'SCREENVIEW',
  SCREEN = 'SCREENVIEW',
  TRANSACTION = 'TRANSACTION',
  ITEM = 'ITEM',
  EVENT = 'EVENT',
}

export enum EventCategory {
  ACTION_TRACKING = 'Action Tracking',
  USER_ENGAGEMENT = 'User Engagement',
}

/** When the hit cache is told. */
export enum CacheStrategy {
  /** Of every hit, when it comes and when it is sent. */
  CONTINUOUS_CACHING = 0,
  /** Of everything that is pending, after each batch. */
  PERIODIC_CACHING = 1,
}

/** Whether the flags of a visitor are those of the visitor as it is now. */
export enum FSFetchStatus {
  FETCHED = 'FETCHED',
  FETCHING = 'FETCHING',
  FETCH_REQUIRED = 'FETCH_REQUIRED',
  PANIC = 'PANIC',
  /** The flags are those that the visitor was made with. */
  INITIAL_DATA = 'INITIAL_DATA',
  /** Never the status of a fetch; the vendor's reference lists it. */
  NOT_FOUND = 'NOT_FOUND',
}

/** Why the flags have to be fetched. */
export enum FSFetchReasons {
  UPDATE_CONTEXT = 'UPDATE_CONTEXT',
  AUTHENTICATE = 'AUTHENTICATE',
  UNAUTHENTICATE = 'UNAUTHENTICATE',
  FETCH_ERROR = 'FETCH_ERROR',
  READ_FROM_CACHE = 'READ_FROM_CACHE',
  VISITOR_CREATED = 'VISITOR_CREATED',
  NONE = 'NONE',
  /** The names of release 5. */
  FLAGS_NEVER_FETCHED = 'VISITOR_CREATED',
  FLAGS_FETCHING_ERROR = 'FETCH_ERROR',
  FLAGS_FETCHED_FROM_CACHE = 'READ_FROM_CACHE',
}

export enum FSFlagStatus {
  FETCHED = 'FETCHED',
  FETCH_REQUIRED = 'FETCH_REQUIRED',
  NOT_FOUND = 'NOT_FOUND',
  PANIC = 'PANIC',
}

/** How a rule of an environment file compares. */
export enum TargetingOperator {
  EQUALS = 'EQUALS',
  NOT_EQUALS = 'NOT_EQUALS',
  CONTAINS = 'CONTAINS',
  NOT_CONTAINS = 'NOT_CONTAINS',
  EXISTS = 'EXISTS',
  NOT_EXISTS = 'NOT_EXISTS',
  GREATER_THAN = 'GREATER_THAN',
  LOWER_THAN = 'LOWER_THAN',
  GREATER_THAN_OR_EQUALS = 'GREATER_THAN_OR_EQUALS',
  LOWER_THAN_OR_EQUALS = 'LOWER_THAN_OR_EQUALS',
  STARTS_WITH = 'STARTS_WITH',
  ENDS_WITH = 'ENDS_WITH',
}

/** What the vendor's SDK reports of itself; nothing of the kind is reported here. */
export enum TroubleshootingLabel {
  VISITOR_SEND_HIT = 'VISITOR_SEND_HIT',
  VISITOR_FETCH_CAMPAIGNS_ERROR = 'VISITOR_FETCH_CAMPAIGNS_ERROR',
  VISITOR_FETCH_CAMPAIGNS = 'VISITOR_FETCH_CAMPAIGNS',
  VISITOR_AUTHENTICATE = 'VISITOR_AUTHENTICATE',
  VISITOR_UNAUTHENTICATE = 'VISITOR_UNAUTHENTICATE',
  VISITOR_EXPOSED_FLAG_NOT_FOUND = 'VISITOR_EXPOSED_FLAG_NOT_FOUND',
  FLAG_VALUE_NOT_CALLED = 'FLAG_VALUE_NOT_CALLED',
  GET_FLAG_VALUE_FLAG_NOT_FOUND = 'GET_FLAG_VALUE_FLAG_NOT_FOUND',
  GET_FLAG_METADATA_TYPE_WARNING = 'GET_FLAG_METADATA_TYPE_WARNING',
  GET_FLAG_VALUE_TYPE_WARNING = 'GET_FLAG_VALUE_TYPE_WARNING',
  VISITOR_EXPOSED_TYPE_WARNING = 'VISITOR_EXPOSED_TYPE_WARNING',
  VISITOR_SEND_ACTIVATE = 'VISITOR_SEND_ACTIVATE',
  GET_CAMPAIGNS_ROUTE_RESPONSE_ERROR = 'GET_CAMPAIGNS_ROUTE_RESPONSE_ERROR',
  GET_CAMPAIGNS_ROUTE_RESPONSE = 'GET_CAMPAIGNS_ROUTE_RESPONSE',
  SDK_BUCKETING_FILE = 'SDK_BUCKETING_FILE',
  SEND_ACTIVATE_HIT_ROUTE_ERROR = 'SEND_ACTIVATE_HIT_ROUTE_ERROR',
  SEND_BATCH_HIT_ROUTE_RESPONSE_ERROR = 'SEND_BATCH_HIT_ROUTE_RESPONSE_ERROR',
  SEND_HIT_ROUTE_ERROR = 'SEND_HIT_ROUTE_ERROR',
  SDK_BUCKETING_FILE_ERROR = 'SDK_BUCKETING_FILE_ERROR',
  SDK_CONFIG = 'SDK_CONFIG',
}

/** Which records the visitor cache has. */
export enum VisitorCacheStatus {
  NONE = 'NONE',
  ANONYMOUS_ID_CACHE = 'ANONYMOUS_ID_CACHE',
  VISITOR_ID_CACHE = 'VISITOR_ID_CACHE',
  VISITOR_ID_CACHE_NOT_ANONYMOUS_ID_CACHE = 'VISITOR_ID_CACHE_NOT_ANONYMOUS_ID_CACHE',
}

/** Statuses by their numbers in the C interface: burgee_flag_status, burgee_fetch_status, burgee_fetch_reason. */
export const flagStatuses: readonly FSFlagStatus[] = [
  FSFlagStatus.NOT_FOUND,
  FSFlagStatus.FETCHED,
  FSFlagStatus.FETCH_REQUIRED,
  FSFlagStatus.PANIC,
];

export const fetchStatuses: readonly FSFetchStatus[] = [
  FSFetchStatus.FETCH_REQUIRED,
  FSFetchStatus.FETCHING,
  FSFetchStatus.FETCHED,
  FSFetchStatus.PANIC,
  FSFetchStatus.INITIAL_DATA,
];

export const fetchReasons: readonly FSFetchReasons[] = [
  FSFetchReasons.NONE,
  FSFetchReasons.VISITOR_CREATED,
  FSFetchReasons.UPDATE_CONTEXT,
  FSFetchReasons.AUTHENTICATE,
  FSFetchReasons.UNAUTHENTICATE,
  FSFetchReasons.FETCH_ERROR,
  FSFetchReasons.READ_FROM_CACHE,
];

/** `burgee_exposure`. */
export const enum Exposure {
  None = 0,
  Queued = 1,
  NotReady = 2,
  Panic = 3,
  NoConsent = 4,
  NotFound = 5,
  Duplicate = 6,
  Dropped = 7,
}

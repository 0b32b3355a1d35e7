/** The context keys that have a meaning of their own. Those that begin with FLAGSHIP_ are set by the SDK alone. */
export const DEVICE_LOCALE = 'sdk_deviceLanguage';
export const DEVICE_TYPE = 'sdk_deviceType';
export const DEVICE_MODEL = 'sdk_deviceModel';
export const LOCATION_CITY = 'sdk_city';
export const LOCATION_REGION = 'sdk_region';
export const LOCATION_COUNTRY = 'sdk_country';
export const LOCATION_LAT = 'sdk_lat';
export const LOCATION_LONG = 'sdk_long';
export const IP = 'sdk_ip';
export const OS_NAME = 'sdk_osName';
export const OS_VERSION_NAME = 'sdk_osVersionName';
export const OS_VERSION_CODE = 'sdk_osVersionCode';
export const CARRIER_NAME = 'sdk_carrierName';
export const INTERNET_CONNECTION = 'sdk_internetConnection';
export const APP_VERSION_NAME = 'sdk_versionName';
export const APP_VERSION_CODE = 'sdk_versionCode';
export const INTERFACE_NAME = 'sdk_interfaceName';
export const FLAGSHIP_CLIENT = 'fs_client';
export const FLAGSHIP_VERSION = 'fs_version';
export const FLAGSHIP_VISITOR = 'fs_users';

/** The type that each key wants. The engine also takes numbers for both version codes, as the vendor's reference has them. */
export const FLAGSHIP_CONTEXT: Readonly<Record<string, string>> = Object.freeze({
  [DEVICE_LOCALE]: 'string',
  [DEVICE_TYPE]: 'string',
  [DEVICE_MODEL]: 'string',
  [LOCATION_CITY]: 'string',
  [LOCATION_REGION]: 'string',
  [LOCATION_COUNTRY]: 'string',
  [LOCATION_LAT]: 'number',
  [LOCATION_LONG]: 'number',
  [IP]: 'string',
  [OS_NAME]: 'string',
  [OS_VERSION_NAME]: 'string',
  [OS_VERSION_CODE]: 'string',
  [CARRIER_NAME]: 'string',
  [INTERNET_CONNECTION]: 'string',
  [APP_VERSION_NAME]: 'string',
  [APP_VERSION_CODE]: 'string',
  [INTERFACE_NAME]: 'string',
  [FLAGSHIP_CLIENT]: 'string',
  [FLAGSHIP_VERSION]: 'string',
  [FLAGSHIP_VISITOR]: 'string',
});

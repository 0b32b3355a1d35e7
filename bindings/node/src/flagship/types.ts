/** What crosses between a program and the SDK, in the shapes that Flagship documents. */
import type { EventCategory, FSFetchReasons, FSFetchStatus, HitType } from './enums';

/* eslint-disable @typescript-eslint/no-explicit-any -- as the vendor declares it */

export type primitive = string | number | boolean;

export type ModificationsDTO = { type: string; value: any };

export type VariationDTO = { id: string; name?: string; reference?: boolean; modifications: ModificationsDTO };

/** A campaign as the decision API answers it. */
export type CampaignDTO = {
  id: string;
  name?: string;
  slug?: string | null;
  variationGroupId: string;
  variationGroupName?: string;
  variation: VariationDTO;
  type?: string;
};

export interface Targetings {
  operator: string;
  key: string;
  value: any;
  provider?: string;
}

export interface VariationGroupDTO {
  id: string;
  name?: string;
  targeting: { targetingGroups: Array<{ targetings: Targetings[] }> };
  variations: Array<VariationDTO & { allocation?: number }>;
}

/** An environment file. */
export interface BucketingDTO {
  panic?: boolean;
  campaigns?: Array<{
    id: string;
    name?: string;
    type: string;
    slug?: string | null;
    variationGroups: VariationGroupDTO[];
  }>;
  accountSettings?: {
    enabledXPC?: boolean;
    enabled1V1T?: boolean;
    troubleshooting?: { startDate: string; endDate: string; traffic: number; timezone: string };
    [setting: string]: unknown;
  };
  [member: string]: unknown;
}

export interface IFSFlagMetadata {
  campaignId: string;
  campaignName: string;
  variationGroupId: string;
  variationGroupName: string;
  variationId: string;
  variationName: string;
  isReference: boolean;
  campaignType: string;
  slug?: string | null;
}

export type FlagDTO = {
  key: string;
  campaignId: string;
  campaignName: string;
  variationGroupId: string;
  variationGroupName: string;
  variationId: string;
  variationName: string;
  isReference?: boolean;
  campaignType?: string;
  slug?: string | null;
  value: any;
};

/** A flag as it travels to another process, as `initialFlagsData`. */
export type SerializedFlagMetadata = Omit<FlagDTO, 'value'> & { hex: string };

export type FetchFlagsStatus = { status: FSFetchStatus; reason: FSFetchReasons };

/** What `newVisitor` takes. */
export type NewVisitor = {
  /** Without it an id is generated. */
  visitorId?: string;
  /** Gives the visitor an anonymous id besides its own. Default false. */
  isAuthenticated?: boolean;
  context?: Record<string, primitive>;
  /** Whether the visitor agrees to be tracked. Without it nothing is tracked, and there is a warning. */
  hasConsented?: boolean;
  /** Flags until the first fetch, as the decision API answers them. */
  initialCampaigns?: CampaignDTO[];
  /** Flags until the first fetch, as `getFlags().toJSON()` gives them. They count more than initialCampaigns. */
  initialFlagsData?: SerializedFlagMetadata[];
  /** Whether `Flagship.getVisitor()` returns this visitor from now on; otherwise it returns none. Default false. */
  shouldSaveInstance?: boolean;
  onFetchFlagsStatusChanged?: (status: FetchFlagsStatus) => void;
  /** The name of release 5 for onFetchFlagsStatusChanged. */
  onFlagsStatusChanged?: (status: FetchFlagsStatus) => void;
};

export interface IHitCommon {
  userIp?: string;
  /** Such as "800X600". */
  screenResolution?: string;
  locale?: string;
  sessionNumber?: string | number;
}

export interface IPage extends IHitCommon {
  type: HitType.PAGE | HitType.PAGE_VIEW | 'PAGEVIEW';
  /** An address. */
  documentLocation: string;
}

export interface IScreen extends IHitCommon {
  type: HitType.SCREEN | HitType.SCREEN_VIEW | 'SCREENVIEW';
  /** The name of a screen. */
  documentLocation: string;
}

export interface IEvent extends IHitCommon {
  type: HitType.EVENT | 'EVENT';
  category: EventCategory | `${EventCategory}`;
  action: string;
  label?: string;
  /** Whole, not negative. */
  value?: number;
}

export interface ITransaction extends IHitCommon {
  type: HitType.TRANSACTION | 'TRANSACTION';
  transactionId: string;
  affiliation: string;
  taxes?: number;
  /** Three letters, as ISO 4217 has them. */
  currency?: string;
  couponCode?: string;
  itemCount?: number;
  shippingMethod?: string;
  shippingCosts?: number;
  paymentMethod?: string;
  /** A text that is a number counts. */
  totalRevenue?: number | string;
}

export interface IItem extends IHitCommon {
  type: HitType.ITEM | 'ITEM';
  transactionId: string;
  productName: string;
  productSku: string;
  itemPrice?: number;
  itemQuantity?: number;
  itemCategory?: string;
}

export type IHit = IPage | IScreen | IEvent | ITransaction | IItem;

export interface IExposedVisitor {
  id: string;
  anonymousId?: string | null;
  context: Record<string, primitive>;
}

export interface IExposedFlag {
  key: string;
  value: unknown;
  defaultValue: unknown;
  metadata: IFSFlagMetadata;
}

/** The argument of the callback `onVisitorExposed`. */
export type OnVisitorExposed = { exposedVisitor: IExposedVisitor; fromFlag: IExposedFlag };

/** What a hit cache keeps. */
export type HitCacheDTO = {
  version: number;
  data: {
    visitorId: string;
    anonymousId?: string | null;
    type: HitType | 'ACTIVATE' | 'SEGMENT' | `${HitType}`;
    /** When it was cached, in milliseconds since 1970. */
    time: number;
    content?: Record<string, any>;
  };
};

/** What a visitor cache keeps. */
export type VisitorCacheDTO = {
  version: number;
  data: {
    visitorId: string;
    anonymousId: string | null;
    consent?: boolean;
    context?: Record<string, primitive>;
    /** Variation ids by variation group ids. */
    assignmentsHistory?: Record<string, string>;
    campaigns?: Array<{
      campaignId: string;
      name?: string;
      slug?: string | null;
      variationGroupId: string;
      variationId: string;
      isReference?: boolean;
      type: string;
      activated?: boolean;
      flags?: Record<string, unknown>;
    }>;
  };
};

export type ThirdPartySegment = {
  visitor_id: string;
  segment: string;
  value: string;
  expiration: number;
  partner: string;
};

export type TroubleshootingData = { startDate: Date; endDate: Date; traffic: number; timezone: string };

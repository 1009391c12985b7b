/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames of IEEE 802.11, whose numbers are little-endian. */
#pragma once
#include <linux/bitfield.h>
#include <linux/etherdevice.h>
#include <linux/if_ether.h>

#define FCS_LEN 4

/* Frame control, as a number in host order. */
#define IEEE80211_FCTL_VERS 0x0003
#define IEEE80211_FCTL_FTYPE 0x000c
#define IEEE80211_FCTL_STYPE 0x00f0
#define IEEE80211_FCTL_TODS 0x0100
#define IEEE80211_FCTL_FROMDS 0x0200
#define IEEE80211_FCTL_MOREFRAGS 0x0400
#define IEEE80211_FCTL_RETRY 0x0800
#define IEEE80211_FCTL_PM 0x1000
#define IEEE80211_FCTL_MOREDATA 0x2000
#define IEEE80211_FCTL_PROTECTED 0x4000
#define IEEE80211_FCTL_ORDER 0x8000

#define IEEE80211_FTYPE_MGMT 0x0000
#define IEEE80211_FTYPE_CTL 0x0004
#define IEEE80211_FTYPE_DATA 0x0008
#define IEEE80211_FTYPE_EXT 0x000c

#define IEEE80211_STYPE_ASSOC_REQ 0x0000
#define IEEE80211_STYPE_ASSOC_RESP 0x0010
#define IEEE80211_STYPE_REASSOC_REQ 0x0020
#define IEEE80211_STYPE_REASSOC_RESP 0x0030
#define IEEE80211_STYPE_PROBE_REQ 0x0040
#define IEEE80211_STYPE_PROBE_RESP 0x0050
#define IEEE80211_STYPE_BEACON 0x0080
#define IEEE80211_STYPE_ATIM 0x0090
#define IEEE80211_STYPE_DISASSOC 0x00a0
#define IEEE80211_STYPE_AUTH 0x00b0
#define IEEE80211_STYPE_DEAUTH 0x00c0
#define IEEE80211_STYPE_ACTION 0x00d0

#define IEEE80211_STYPE_BACK_REQ 0x0080
#define IEEE80211_STYPE_BACK 0x0090
#define IEEE80211_STYPE_PSPOLL 0x00a0
#define IEEE80211_STYPE_RTS 0x00b0
#define IEEE80211_STYPE_CTS 0x00c0
#define IEEE80211_STYPE_ACK 0x00d0
#define IEEE80211_STYPE_CFEND 0x00e0
#define IEEE80211_STYPE_CFENDACK 0x00f0

#define IEEE80211_STYPE_DATA 0x0000
#define IEEE80211_STYPE_NULLFUNC 0x0040
#define IEEE80211_STYPE_QOS_DATA 0x0080
#define IEEE80211_STYPE_QOS_NULLFUNC 0x00c0

#define IEEE80211_SCTL_FRAG 0x000f
#define IEEE80211_SCTL_SEQ 0xfff0
#define IEEE80211_SN_MASK (IEEE80211_SCTL_SEQ >> 4)
#define IEEE80211_SEQ_TO_SN(seq) (((seq) & IEEE80211_SCTL_SEQ) >> 4)
#define IEEE80211_SN_TO_SEQ(sn) (((sn) << 4) & IEEE80211_SCTL_SEQ)

#define IEEE80211_MAX_DATA_LEN 2304
#define IEEE80211_MAX_FRAME_LEN 2352
#define IEEE80211_MAX_SSID_LEN 32
#define IEEE80211_NUM_TIDS 16
#define IEEE80211_NUM_ACS 4
#define IEEE80211_QOS_CTL_LEN 2
#define IEEE80211_QOS_CTL_TAG1D_MASK 0x0007
#define IEEE80211_QOS_CTL_TID_MASK 0x000f
#define IEEE80211_QOS_CTL_EOSP 0x0010
#define IEEE80211_QOS_CTL_ACK_POLICY_MASK 0x0060
#define IEEE80211_QOS_CTL_A_MSDU_PRESENT 0x0080

struct ieee80211_hdr {
	__le16 frame_control, duration_id;
	u8 addr1[ETH_ALEN], addr2[ETH_ALEN], addr3[ETH_ALEN];
	__le16 seq_ctrl;
	u8 addr4[ETH_ALEN];
} __packed __aligned(2);
struct ieee80211_hdr_3addr {
	__le16 frame_control, duration_id;
	u8 addr1[ETH_ALEN], addr2[ETH_ALEN], addr3[ETH_ALEN];
	__le16 seq_ctrl;
} __packed __aligned(2);
struct ieee80211_qos_hdr {
	__le16 frame_control, duration_id;
	u8 addr1[ETH_ALEN], addr2[ETH_ALEN], addr3[ETH_ALEN];
	__le16 seq_ctrl, qos_ctrl;
} __packed __aligned(2);
struct ieee80211_rts {
	__le16 frame_control, duration;
	u8 ra[ETH_ALEN], ta[ETH_ALEN];
} __packed __aligned(2);
struct ieee80211_cts {
	__le16 frame_control, duration;
	u8 ra[ETH_ALEN];
} __packed __aligned(2);
struct ieee80211_pspoll {
	__le16 frame_control, aid;
	u8 bssid[ETH_ALEN], ta[ETH_ALEN];
} __packed __aligned(2);
struct ieee80211_mgmt {
	__le16 frame_control, duration;
	u8 da[ETH_ALEN], sa[ETH_ALEN], bssid[ETH_ALEN];
	__le16 seq_ctrl;
	union {
		struct {
			__le16 auth_alg, auth_transaction, status_code;
			u8 variable[];
		} __packed auth;
		struct {
			__le16 reason_code;
		} __packed deauth, disassoc;
		struct {
			__le16 capab_info, listen_interval;
			u8 variable[];
		} __packed assoc_req;
		struct {
			__le16 capab_info, status_code, aid;
			u8 variable[];
		} __packed assoc_resp, reassoc_resp;
		struct {
			__le16 capab_info, listen_interval;
			u8 current_ap[ETH_ALEN];
			u8 variable[];
		} __packed reassoc_req;
		struct {
			__le64 timestamp;
			__le16 beacon_int, capab_info;
			u8 variable[];
		} __packed beacon, probe_resp;
		struct {
			u8 category;
		} __packed action;
	} u;
} __packed __aligned(2);

struct element {
	u8 id, datalen;
	u8 data[];
} __packed;

#define WLAN_CAPABILITY_ESS 0x0001
#define WLAN_CAPABILITY_IBSS 0x0002
#define WLAN_CAPABILITY_PRIVACY 0x0010
#define WLAN_EID_SSID 0
#define WLAN_EID_SUPP_RATES 1
#define WLAN_EID_DS_PARAMS 3
#define WLAN_EID_TIM 5
#define WLAN_EID_COUNTRY 7
#define WLAN_EID_HT_CAPABILITY 45
#define WLAN_EID_RSN 48
#define WLAN_EID_EXT_SUPP_RATES 50
#define WLAN_EID_HT_OPERATION 61
#define WLAN_EID_VHT_CAPABILITY 191
#define WLAN_EID_VHT_OPERATION 192
#define WLAN_EID_VENDOR_SPECIFIC 221
#define WLAN_EID_EXTENSION 255

/* Of a frame control as it is in the frame. */
#define skbscope_80211_has(fc, bits) (((fc) & cpu_to_le16(bits)) != 0)
#define skbscope_80211_is(fc, mask, bits) (((fc) & cpu_to_le16(mask)) == cpu_to_le16(bits))
#define skbscope_80211_type(fc, type) skbscope_80211_is(fc, IEEE80211_FCTL_FTYPE, IEEE80211_FTYPE_##type)
#define skbscope_80211_subtype(fc, type, subtype)                   \
	skbscope_80211_is(fc, IEEE80211_FCTL_FTYPE | IEEE80211_FCTL_STYPE, \
			  IEEE80211_FTYPE_##type | IEEE80211_STYPE_##subtype)

#define ieee80211_has_tods(fc) skbscope_80211_has(fc, IEEE80211_FCTL_TODS)
#define ieee80211_has_fromds(fc) skbscope_80211_has(fc, IEEE80211_FCTL_FROMDS)
#define ieee80211_has_a4(fc) (ieee80211_has_tods(fc) && ieee80211_has_fromds(fc))
#define ieee80211_has_morefrags(fc) skbscope_80211_has(fc, IEEE80211_FCTL_MOREFRAGS)
#define ieee80211_has_retry(fc) skbscope_80211_has(fc, IEEE80211_FCTL_RETRY)
#define ieee80211_has_pm(fc) skbscope_80211_has(fc, IEEE80211_FCTL_PM)
#define ieee80211_has_moredata(fc) skbscope_80211_has(fc, IEEE80211_FCTL_MOREDATA)
#define ieee80211_has_protected(fc) skbscope_80211_has(fc, IEEE80211_FCTL_PROTECTED)
#define ieee80211_has_order(fc) skbscope_80211_has(fc, IEEE80211_FCTL_ORDER)

#define ieee80211_is_mgmt(fc) skbscope_80211_type(fc, MGMT)
#define ieee80211_is_ctl(fc) skbscope_80211_type(fc, CTL)
#define ieee80211_is_data(fc) skbscope_80211_type(fc, DATA)
#define ieee80211_is_ext(fc) skbscope_80211_type(fc, EXT)
/* These two are single bits of the subtype: with QoS, and without a body. */
#define ieee80211_is_data_qos(fc) \
	(ieee80211_is_data(fc) && skbscope_80211_has(fc, IEEE80211_STYPE_QOS_DATA))
#define ieee80211_is_data_present(fc) \
	(ieee80211_is_data(fc) && !skbscope_80211_has(fc, IEEE80211_STYPE_NULLFUNC))
#define ieee80211_is_assoc_req(fc) skbscope_80211_subtype(fc, MGMT, ASSOC_REQ)
#define ieee80211_is_assoc_resp(fc) skbscope_80211_subtype(fc, MGMT, ASSOC_RESP)
#define ieee80211_is_reassoc_req(fc) skbscope_80211_subtype(fc, MGMT, REASSOC_REQ)
#define ieee80211_is_reassoc_resp(fc) skbscope_80211_subtype(fc, MGMT, REASSOC_RESP)
#define ieee80211_is_probe_req(fc) skbscope_80211_subtype(fc, MGMT, PROBE_REQ)
#define ieee80211_is_probe_resp(fc) skbscope_80211_subtype(fc, MGMT, PROBE_RESP)
#define ieee80211_is_beacon(fc) skbscope_80211_subtype(fc, MGMT, BEACON)
#define ieee80211_is_atim(fc) skbscope_80211_subtype(fc, MGMT, ATIM)
#define ieee80211_is_disassoc(fc) skbscope_80211_subtype(fc, MGMT, DISASSOC)
#define ieee80211_is_auth(fc) skbscope_80211_subtype(fc, MGMT, AUTH)
#define ieee80211_is_deauth(fc) skbscope_80211_subtype(fc, MGMT, DEAUTH)
#define ieee80211_is_action(fc) skbscope_80211_subtype(fc, MGMT, ACTION)
#define ieee80211_is_back_req(fc) skbscope_80211_subtype(fc, CTL, BACK_REQ)
#define ieee80211_is_back(fc) skbscope_80211_subtype(fc, CTL, BACK)
#define ieee80211_is_pspoll(fc) skbscope_80211_subtype(fc, CTL, PSPOLL)
#define ieee80211_is_rts(fc) skbscope_80211_subtype(fc, CTL, RTS)
#define ieee80211_is_cts(fc) skbscope_80211_subtype(fc, CTL, CTS)
#define ieee80211_is_ack(fc) skbscope_80211_subtype(fc, CTL, ACK)
#define ieee80211_is_cfend(fc) skbscope_80211_subtype(fc, CTL, CFEND)
#define ieee80211_is_cfendack(fc) skbscope_80211_subtype(fc, CTL, CFENDACK)
#define ieee80211_is_nullfunc(fc) skbscope_80211_subtype(fc, DATA, NULLFUNC)
#define ieee80211_is_qos_nullfunc(fc) skbscope_80211_subtype(fc, DATA, QOS_NULLFUNC)
#define ieee80211_is_any_nullfunc(fc) (ieee80211_is_nullfunc(fc) || ieee80211_is_qos_nullfunc(fc))

/* Who the frame is for, and from: which address that is, the two DS bits say. */
#define ieee80211_get_DA(hdr) \
	(ieee80211_has_tods((hdr)->frame_control) ? (hdr)->addr3 : (hdr)->addr1)
#define ieee80211_get_SA(hdr)                                                     \
	(ieee80211_has_a4((hdr)->frame_control)       ? (hdr)->addr4              \
	 : ieee80211_has_fromds((hdr)->frame_control) ? (hdr)->addr3 : (hdr)->addr2)

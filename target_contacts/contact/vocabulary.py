"""The vocabulary: what a contact's attributes are called, here and in the streams of the wild.

One table names the attributes, in terms of vCard and schema.org, with the spellings under which
taps and spreadsheets send them. Spellings are compared without case, accents, spaces and
punctuation, so `first_name` stands for `firstName`, `First Name` and the path `first.name`, too.
Where a record has several spellings of one attribute, the first in the table that holds a value
counts. What may stand around spellings is in `words_around.py`; `spelling.py` puts both together.
"""

from __future__ import annotations

ATTRIBUTES: dict[str, str] = {
    "first_name": (
        "first_name first_names given_name given_names forename first fname name_given names_given "
        "n_given vorname vname rufname prenom 名 名漢字 名前名"
    ),
    "middle_name": (
        "middle_name middle_names name_middle additional_name weitere_vornamen zweiter_vorname "
        "deuxieme_prenom ミドルネーム"
    ),
    "last_name": (
        "last_name last_names family_name surname last lname name_family names_family n_family "
        "nachname nname familienname zuname nom_de_famille nom 姓 姓漢字 名字 苗字"
    ),
    "full_name": (
        "full_name display_name contact_name name unstructured_name vollstandiger_name anzeigename "
        "ansprechpartner nom_complet nom_et_prenom 氏名 お名前 名前 表示名 担当者名 contact_p_name "
        "file_as formatted_name name_formatted fn"
    ),
    "name_reading": (
        "name_reading phonetic_full_name phonetic_name yomi_name furigana reading lecture_du_nom "
        "フリガナ ふりがな 氏名カナ 氏名かな 氏名フリガナ カナ氏名 カナ よみがな よみ 読み "
        "読み仮名 contact_p_reading"
    ),
    "first_name_reading": (
        "first_name_reading phonetic_given_name yomi_given_name first_name_phonetic "
        "first_name_local phonetic_first_name yomi_first_name given_name_yomi given_yomi "
        "first_name_kana メイ めい メイカナ 名カナ 名かな 名フリガナ フリガナ名 ふりがな名"
    ),
    "last_name_reading": (
        "last_name_reading phonetic_family_name yomi_surname last_name_phonetic last_name_local "
        "phonetic_last_name yomi_last_name family_name_yomi surname_yomi last_name_kana "
        "セイ せい セイカナ 姓カナ 姓かな 姓フリガナ フリガナ姓 ふりがな姓"
    ),
    "email": (
        "email email_address primary_email primary_email_address primary_email_addr default_email "
        "preferred_email main_email emails email_addresses email_addr email_id email_ids "
        "work_email email_1_value mail email_work e_mail_adresse e_mail_geschaftlich "
        "business_email office_email company_email contact_email "
        "adresse_de_messagerie adresse_e_mail adresse_mail courriel mel メールアドレス "
        "電子メールアドレス 電子メール 会社メールアドレス メール eメール office_mail "
        "contact_p_mail personal_email private_email home_email email_home email_personal "
        "other_email other_emails alternate_email alternative_email additional_email "
        "additional_emails secondary_email email_2 email_2_address email_2_value"
    ),
    "mobile": (
        "mobile mobile_phone mobile_number mobile_no cell_phone cell cell_number cellular "
        "phone_mobile primary_mobile primary_mobile_phone phones_mobile phone_numbers_mobile "
        "phone_numbers_work_mobile mobiltelefon mobil handy handynummer mobilnummer mobilfunk "
        "natel handynr mobilnr telephone_portable tel_mobile portable telephone_mobile gsm "
        "cellular_number cellulaire work_mobile business_mobile personal_mobile private_mobile "
        "sms_number whatsapp_number attributes_sms "
        "携帯電話 携帯 携帯番号 携帯電話番号 携帯tel 会社携帯番号 office_mobile contact_p_mobile "
        "個人携帯番号"
    ),
    "mobile1": "mobile1",
    "mobile2": "mobile2 mobiltelefon_2 tel_mobile_2 携帯電話2",
    "mobile3": "mobile3",
    "phone": (
        "phone_work phones_work phone_numbers_work business_phones business_phone work_phone phone "
        "phone_number phone_no telephone telephone_number telephone_no tel work_number "
        "office_number direct_number "
        "primary_phone primary_phone_number default_phone preferred_phone "
        "phones phone_numbers phone_nos telephones bus_phone office_phone direct_phone "
        "phone_1_value direct_dial landline landline_number fixed_line phone_fixed "
        "telefon telefon_geschaftlich telefon_dienstlich telefonnummer "
        "telefonnr tel_nr festnetz rufnummer telephone_bureau tel_bureau telephone_fixe "
        "telephone_professionnel "
        "numero_de_telephone 電話番号 電話 勤務先電話番号 会社電話番号 勤務先電話 会社電話 "
        "直通電話 tel1 contact_p_telephone 代表電話 会社代表番号 company_main_phone"
    ),
    "phone1": "phone1",
    "phone2": (
        "phone2 business_phone_2 other_phone other_phones alternate_phone alternative_phone "
        "secondary_phone additional_phone phone_other phone_numbers_other phone_2_value telefon_2 "
        "telefon_geschaftlich_2 weiteres_telefon tel_2 telephone_2 telephone_2_bureau "
        "autre_telephone 電話番号2 勤務先電話番号2 その他の電話"
    ),
    "phone3": "phone3",
    "home_phone": (
        "home_phone home_phones home_number phone_home phones_home phone_numbers_home "
        "private_phone telefon_privat privattelefon telephone_domicile telephone_maison "
        "tel_domicile 自宅電話番号 自宅電話"
    ),
    "fax": (
        "fax fax_number fax_no business_fax work_fax office_fax phone_fax phones_fax "
        "phone_numbers_fax phone_work_fax phone_numbers_work_fax telefax faxnummer "
        "fax_geschaftlich telecopie telecopie_bureau numero_de_telecopie fax番号 ファックス "
        "勤務先fax 勤務先ファックス contact_p_fax"
    ),
    "company": (
        "commercial_company_name company company_name company_display_name customer_name "
        "organization organization_name organizations_name organisation organisation_name "
        "account_name account_name_name org_id_name org_name companies_name business_name "
        "employer employer_name current_employer org "
        "firm firma firmenname unternehmen arbeitgeber societe entreprise "
        "nom_de_la_societe raison_sociale 会社名 会社 企業名 勤務先 勤務先名 法人名 組織名 社名 "
        "contact_p_client_p_name"
    ),
    "department": (
        "department department_name division organization_department organizations_department "
        "abteilung bereich departement 部署 部署名 部門 所属 所属部署 部課 contact_p_division "
        "service"
    ),
    "job_title": (
        "job_title position organization_title organizations_title title designation job_position "
        "occupation fonction funktion function "
        "berufsbezeichnung stellenbezeichnung beruf poste titre_de_poste intitule_du_poste "
        "役職 役職名 肩書き 肩書 職位 contact_p_title profession 職種"
    ),
    "salutation": "salutation honorific_prefix name_prefix prefix anrede civilite 敬称 titel titre",
    "gender": "gender genders sex geschlecht sexe genre 性別",
    "note": (
        "note notes comment comments remarks memo personal_notes biographies description notizen "
        "notiz bemerkung bemerkungen kommentar anmerkung commentaire commentaires remarque "
        "remarques observations 備考 メモ コメント 備考欄 ノート contact_p_memo last_note_note"
    ),
    "is_favourite": "is_favourite is_favorite favourite favorite starred favorit favori お気に入り",
    "is_spam": "is_spam spam indesirable 迷惑",
    "status": ("contact_status contact_p_phase kontaktstatus statut_du_contact 担当者ステータス"),
    "customer_id": "customer_id customer_uuid contact_p_client",
    "customer_reference": "customer_reference",
    "owner_id": "owner_id contact_p_owner",
    "user_name": (
        "web_user_name user_name username login benutzername anmeldename identifiant "
        "nom_d_utilisateur ユーザー名 ログインid"
    ),
    "password": "web_password password passwort kennwort mot_de_passe パスワード",
    "role": "role",
    "ignore_assortment": "ignore_assortment",
    "image": "image image_file photo_data",
}
"""Attribute, and its spellings in order of precedence."""

ADDRESS: dict[str, str] = {
    "street": (
        "street street_address street_name street_1 addr1 address_1 address_one address_line_1 "
        "address1 line_1 addr_line_1 strasse strasse_und_hausnummer strasse_nr strassenname "
        "anschrift adresse adresse_1 rue nom_de_rue n_et_rue voie address addr addresses "
        "address_lines address_line street_lines "
        "住所 番地 町名・番地 町域・番地 住所1 市区町村以降 丁目番地 "
        "contact_p_street full_address formatted_address"
    ),
    "street_number": (
        "street_number house_number house_no street_no building_number hausnummer hausnr haus_nr "
        "numero_de_rue"
    ),
    "street2": (
        "street2 address_2 addr2 address_two address_line_2 line_2 addr_line_2 extended_address "
        "subpremise apartment suite adresszusatz adresse_2 "
        "complement_d_adresse complement_adresse 建物名 ビル名 建物 住所2 "
        "street3 address_3 address_three address_line_3 line_3 addr_line_3 "
        "address_line_4 line_4 line_5"
    ),
    "city": (
        "city city_name town locality municipality postal_town ort stadt wohnort ville commune "
        "localite 市区町村 市町村 市区郡 市 contact_p_city"
    ),
    "state": (
        "province prefecture state_province state_prov state_or_province admin_area_level_1 "
        "administrative_district_level_1 administrative_area country_subdivision_code "
        "country_sub_division_code state_name province_name state_full state state_code "
        "province_code bundesland bundesland_kanton kanton canton dep_region "
        "departement_ou_region 都道府県 都道府県名 県 州 contact_p_prefecture county region "
        "region_name region_code"
    ),
    "postal_code": (
        "postal_code postcode zip zip_code zip_postal_code zip_postal postleitzahl plz code_postal "
        "cp npa 郵便番号 〒 〒番号 contact_p_zipcode"
    ),
    "country": (
        "country_code country country_name country_code_v2 country_iso country_iso_code "
        "iso_country_code country_code_iso country_id country_or_region country_region "
        "hs_country_region_code land land_region staat landerkennzeichen pays pays_region "
        "pays_ou_region 国 国名 国/地域 国コード contact_p_country"
    ),
}
"""The same for the parts of an address; each is also spelled with the address that it is of."""

ATTRIBUTES |= ADDRESS
